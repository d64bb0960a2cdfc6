// What a block of the creation order must have for one of its events to match a query: each
// condition of the query that a BlockSummary can answer, joined by AND. It says "may" too often and
// "cannot" only when it is true.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "table/block_summary.h"
#include "table/event_table.h"

namespace cuesheet {

class BlockCondition {
 public:
  bool MayMatch(const BlockSummary& block) const;

  // The event's value is one of these.
  void RequireNames(BlockColumn column, const DictionaryColumn& dictionary,
                    std::span<const std::string> names);
  // test(code) is true of the event's value. A test of more than kMaxTests values would cost more
  // than the blocks that it leaves out; `cost` = what one test costs, 1 = a comparison.
  template <typename Test>
  void RequireCode(BlockColumn column, const DictionaryColumn& dictionary, Test test,
                   size_t cost = 1) {
    const uint32_t values = dictionary.words().size();
    if (values * cost > kMaxTests) return;
    CodeBits wanted;
    if (test(DictionaryColumn::kNull)) wanted.Add(DictionaryColumn::kNull);
    for (uint32_t code = 0; code < values; ++code) {
      if (test(code)) wanted.Add(code);
    }
    Require(column, wanted);
  }
  // One bit for each status.
  void RequireStatus(uint32_t statuses) { statuses_ &= statuses; }
  void RequireOlderThan(Timestamp time) { older_than_ = std::min(older_than_, time); }
  void RequireNewerThan(Timestamp time) { newer_than_ = std::max(newer_than_, time); }
  void RequireChildren() { has_children_ = true; }

 private:
  static constexpr size_t kMaxTests = 4096;

  void Require(BlockColumn column, const CodeBits& codes) {
    codes_[static_cast<size_t>(column)].Keep(codes);
  }

  std::array<CodeBits, kBlockColumns> codes_ = {CodeBits::All(), CodeBits::All(), CodeBits::All()};
  uint32_t statuses_ = UINT32_MAX;
  Timestamp older_than_{std::numeric_limits<int64_t>::max()};
  Timestamp newer_than_{std::numeric_limits<int64_t>::min()};
  bool has_children_ = false;
};

}  // namespace cuesheet
