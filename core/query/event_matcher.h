// One EventQuery prepared for one table: which rows match it, on any page.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "query/block_condition.h"
#include "query/code_set.h"
#include "query/event_query.h"
#include "query/filter_matcher.h"

namespace cuesheet {

class EventMatcher {
 public:
  // Both must outlive the matcher.
  EventMatcher(const EventQuery& query, const EventTable& table);

  // Checks every condition of the query, but not its cursors and its page size. It is not const,
  // because it keeps results for dictionary values.
  bool Matches(Row row) {
    text_.Update();
    return MatchesNow(row);
  }

  bool reads_payloads() const { return where_.reads_payloads(); }

  // Calls visit(row) for every match in the range, in its direction, until it returns false. It
  // finds rows by ids or by an index where the query allows it, else it checks the rows of all
  // blocks that may have one.
  template <typename Visit>
  void VisitMatches(const OrderRange& range, Visit visit) {
    text_.Update();
    const auto visit_match = [&](Row row) {
      return !HasStatus(row) || !text_.MayMatch(row) || !MatchesNow(row) || visit(row);
    };
    if (const auto rows = FewCandidates(range)) {
      for (const Row row : *rows) {
        if (!visit_match(row)) return;
      }
      return;
    }
    std::optional<BlockCondition> condition;
    for (RowOrder::Walk blocks = table_.Blocks(range); NextBlock(blocks, condition);) {
      if (!VisitRows(blocks.rows(), range.newest_first, visit_match)) return;
    }
  }

 private:
  // The dictionaries are those of the last text_.Update().
  bool MatchesNow(Row row);
  bool HasStatus(Row row) const {
    return !query_.statuses || (statuses_ >> static_cast<uint32_t>(table_.status(row)) & 1) != 0;
  }
  std::optional<std::vector<Row>> FewCandidates(const OrderRange& range) const;
  // The next block that may have a match. The condition is made when the first block was not
  // enough.
  bool NextBlock(RowOrder::Walk& blocks, std::optional<BlockCondition>& condition) const;
  BlockCondition Blocks() const;
  bool HasTopic(uint32_t code) const;

  const EventQuery& query_;
  const EventTable& table_;
  TextMatcher text_;
  FilterMatcher where_;
  CodeSet topics_, projects_, users_;
  std::unordered_set<std::string_view> project_names_, user_names_;
  std::set<Uuid> ids_;
  uint32_t statuses_ = 0;  // of the query, one bit each
};

}  // namespace cuesheet
