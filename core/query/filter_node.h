// What a QueryFilter is made of: conditions, each checked against its column, in groups.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "event/event.h"

namespace cuesheet {

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

// A condition can be about each field.
using FilterColumn = Field;

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

}  // namespace cuesheet
