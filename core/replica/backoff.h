// How long to wait before another attempt, and by which clock: for the connection, the outbox and
// the tasks. A deadline that is not set never passes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "base/timestamp.h"
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

inline Timestamp In(Timestamp now, int64_t delay_ms) { return {now.us + delay_ms * 1000}; }

inline bool IsDue(const std::optional<Timestamp>& at, Timestamp now) {
  return at && at->us <= now.us;
}

inline void MoveBack(std::optional<Timestamp>& at, int64_t back_us) {
  if (at) at->us -= back_us;
}

// Deadlines on a clock that may be set back: they move with it, so that no wait gets longer. Call
// Note() with every time before using it.
class Deadlines {
 public:
  void Note(Timestamp now, std::initializer_list<std::optional<Timestamp>*> deadlines) {
    const int64_t back_us = SetBack(now);
    for (std::optional<Timestamp>* const deadline : deadlines) MoveBack(*deadline, back_us);
  }
  // By how much the clock was set back since the last time, in microseconds; 0 = it was not.
  int64_t SetBack(Timestamp now) {
    const int64_t back_us = last_.us - now.us;
    last_ = now;
    return std::max<int64_t>(back_us, 0);
  }

 private:
  Timestamp last_{};
};

}  // namespace cuesheet
