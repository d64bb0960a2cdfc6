// Evaluation of a QueryFilter over the columns of one table (protocol.md 7.2, 7.3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/find_bytes.h"
#include "query/block_condition.h"
#include "query/code_set.h"
#include "query/query_filter.h"
#include "table/event_table.h"

namespace cuesheet {

struct FilterCondition;

// SQL's third truth value is the empty optional.
using Truth = std::optional<bool>;

// A filter prepared for one table. Conditions on dictionary columns are evaluated once for each
// distinct value, and JSON is parsed only at the path of the condition.
class FilterMatcher {
 public:
  // Both must outlive the matcher.
  FilterMatcher(const QueryFilter& filter, const EventTable& table);

  bool Matches(Row row) const { return asks_nothing_ || Matches(root_, row); }

  // Where a match names its rows by id, hash, parent or the indexed key of the summary
  // (kIndexedSummaryKey): these rows, in any order, perhaps twice. They may be no match.
  std::optional<std::vector<Row>> NamedRows() const;
  // Adds what blocks without a match can be told by.
  void Restrict(BlockCondition& blocks) const;
  bool reads_payloads() const { return reads_payloads_; }

 private:
  struct Node {
    bool any = false;
    std::vector<Node> children;
    const FilterCondition* condition = nullptr;  // a leaf
    std::vector<std::string> keys;               // its path, as canonical text writes it
    std::string text;  // the JSON text that the value must be; empty = the condition is another
    std::optional<Needle> needle;  // the same without its quotes; none when nothing is left
    CodeSet codes;                 // of a dictionary column
  };

  Node Compile(const FilterNode& node);
  // Calls visit(leaf) for the conditions that each match must meet.
  template <typename Visit>
  void VisitRequired(const Node& node, Visit visit) const;
  void RestrictBy(const Node& leaf, BlockCondition& blocks) const;
  // The grammar has no "not", so within a group unknown counts as false.
  bool Matches(const Node& node, Row row) const;
  bool LeafMatches(const Node& leaf, Row row) const;
  bool JsonMatches(const Node& leaf, std::string_view text) const;
  bool DictionaryMatches(const Node& leaf, const DictionaryColumn& column, Row row) const;
  bool CodeMatches(const Node& leaf, const DictionaryColumn& column, uint32_t code) const;
  static bool ValueMatches(const Node& leaf, const Json& value);

  const EventTable& table_;
  bool reads_payloads_ = false;
  Node root_;
  bool asks_nothing_;
};

}  // namespace cuesheet
