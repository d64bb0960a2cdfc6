// How long to wait before trying again.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/uuid.h"

namespace cuesheet {

// Exponential back-off with full jitter: somewhere from 0 to base * 2^attempts, at most `cap`, in
// milliseconds.
inline int64_t FullJitterMs(const Entropy& entropy, int64_t base, int64_t cap, uint32_t attempts) {
  uint64_t bits = 0;
  for (size_t i = 0; i < 7; ++i) bits = bits << 8 | entropy.bytes[i];
  const double fraction = static_cast<double>(bits >> 3) / static_cast<double>(uint64_t{1} << 53);
  const int64_t ceiling = std::min(cap, base << std::min<uint32_t>(attempts, 10));
  return static_cast<int64_t>(fraction * static_cast<double>(ceiling));
}

}  // namespace cuesheet
