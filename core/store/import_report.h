// The outcome of the lines of an import.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cuesheet {

inline constexpr size_t kMaxImportRefusals = 100;
inline constexpr size_t kMaxImportBytes = 16 << 20;  // of one call over the border

struct ImportReport {
  struct Refusal {
    uint64_t line;  // from 1
    std::string message;
  };
  uint64_t events = 0;            // new events
  uint64_t known = 0;             // events whose id the store had already; they stay as they are
  uint64_t refused = 0;           // lines
  std::vector<Refusal> refusals;  // the first kMaxImportRefusals
  // The line at which memory was full; it and those after it were not read. None = all were.
  std::optional<Refusal> stopped;
};

}  // namespace cuesheet
