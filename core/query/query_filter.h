// QueryFilter, AYON's filter language over all attributes and into summary and payload
// (protocol.md 7, 17.2): grammar -> conditions checked against their columns -> three-valued logic.
//
// Parse() refuses what AYON refuses at any stage, and names the wrong part. A row whose stored
// value does not fit an operator does not match.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace cuesheet {

inline constexpr size_t kMaxFilterDepth = 32;
inline constexpr size_t kMaxFilterConditions = 1000;
// In bytes. Matching costs up to this much for every byte of the stored text.
inline constexpr size_t kMaxLikePattern = 1000;

enum class FilterOp {
  kEq,
  kNe,
  kLt,
  kLte,
  kGt,
  kGte,
  kLike,
  kIsNull,
  kNotNull,
  kIn,
  kNotIn,
  kIncludes,
  kExcludes,
  kIncludesAll,
  kExcludesAll,
  kIncludesAny,
  kExcludesAny,
};

enum class FilterColumn {
  kId,
  kHash,
  kTopic,
  kSender,
  kSenderType,
  kProject,
  kUser,
  kDependsOn,
  kStatus,
  kRetries,
  kDescription,
  kCreatedAt,
  kUpdatedAt,
  kCreationOrder,
  kSummary,
  kPayload,
};

struct FilterCondition {
  FilterColumn column;
  std::vector<std::string> path;  // below summary or payload
  FilterOp op;
  Json
      value;  // of the column's own kind: numbers for integers, microseconds for times, hex for ids
};

struct FilterNode {
  bool any = false;  // or; else and
  std::vector<FilterNode> children;
  std::optional<FilterCondition> condition;  // a leaf
};

class QueryFilter {
 public:
  // null = everything. kInvalid names the part (`filter.conditions[1].operator: …`), kTooLarge the
  // limit.
  static Result<QueryFilter> Parse(const Json& filter);

  // True when there is no condition: it matches every event.
  bool empty() const { return !root_.condition && root_.children.empty(); }
  const FilterNode& root() const { return root_; }

 private:
  FilterNode root_;
};

}  // namespace cuesheet
