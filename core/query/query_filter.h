// QueryFilter, AYON's filter language over all attributes and into summary and payload
// (protocol.md 7, 17.2): grammar -> conditions checked against their columns -> three-valued logic.
//
// Parse() refuses what AYON refuses at any stage, and names the wrong part. A row whose stored
// value does not fit an operator does not match.
#pragma once

#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"

namespace cuesheet {

inline constexpr size_t kMaxFilterDepth = 32;
inline constexpr size_t kMaxFilterConditions = 1000;
// In bytes. Matching costs up to this much for every byte of the stored text.
inline constexpr size_t kMaxLikePattern = 1000;

struct FilterNode;  // query/filter_node.h

class QueryFilter {
 public:
  QueryFilter();
  QueryFilter(const QueryFilter& other);
  QueryFilter(QueryFilter&& other) noexcept;
  QueryFilter& operator=(const QueryFilter& other);
  QueryFilter& operator=(QueryFilter&& other) noexcept;
  ~QueryFilter();

  // null = everything. kInvalid names the part (`filter.conditions[1].operator: …`), kTooLarge the
  // limit.
  static Result<QueryFilter> Parse(const Json& filter);

  // True when there is no condition: it matches every event.
  bool empty() const { return root_.empty(); }
  // nullptr when nothing is asked.
  const FilterNode* root() const { return root_.data(); }

 private:
  std::vector<FilterNode> root_;  // one, or none; a vector because its type is not known here
};

}  // namespace cuesheet
