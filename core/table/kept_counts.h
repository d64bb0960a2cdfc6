// How many events have each topic, status, project, user and sender, kept up to date by the table
// so that nothing recounts them. Log topics are counted apart, because a query leaves them out by
// default.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/interner.h"

namespace cuesheet {

enum class Facet : uint8_t { kTopic, kStatus, kProject, kUser, kSender };
inline constexpr size_t kFacets = 5;

class KeptCounts {
 public:
  static constexpr uint32_t kNull = Interner::kNone;

  struct Count {
    uint32_t all = 0;
    uint32_t logs = 0;  // how many of them have a topic `log.*`
  };
  // An event's code for each facet, by the facet's number; kNull = no value.
  using Codes = std::array<uint32_t, kFacets>;

  void Add(const Codes& codes, bool is_log) { Change(codes, is_log, 1); }
  void Remove(const Codes& codes, bool is_log) { Change(codes, is_log, UINT32_MAX); }

  // `code` is one of the facet's dictionary, a status number, or kNull.
  Count Of(Facet facet, uint32_t code) const {
    const auto& counts = counts_[static_cast<size_t>(facet)];
    const size_t at = static_cast<size_t>(code) + 1;
    return code == kNull ? counts[0] : at < counts.size() ? counts[at] : Count();
  }

 private:
  void Change(const Codes& codes, bool is_log, uint32_t step) {
    for (size_t facet = 0; facet < kFacets; ++facet) {
      auto& counts = counts_[facet];
      const size_t at = codes[facet] == kNull ? 0 : static_cast<size_t>(codes[facet]) + 1;
      if (at >= counts.size()) counts.resize(at + 1);
      counts[at].all += step;
      if (is_log) counts[at].logs += step;
    }
  }

  // The count of kNull comes first.
  std::array<std::vector<Count>, kFacets> counts_{{std::vector<Count>(1), std::vector<Count>(1),
                                                   std::vector<Count>(1), std::vector<Count>(1),
                                                   std::vector<Count>(1)}};
};

}  // namespace cuesheet
