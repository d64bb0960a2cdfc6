// What became of the lines of an import.
#pragma once

#include <cstddef>
#include <cstdint>
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
  uint64_t events = 0;            // that are new here
  uint64_t known = 0;             // whose id was here already; they stay as they are
  uint64_t refused = 0;           // lines
  std::vector<Refusal> refusals;  // the first kMaxImportRefusals
};

}  // namespace cuesheet
