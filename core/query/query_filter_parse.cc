// QueryFilter::Parse: grammar, then each condition against the kind of its column
// (protocol.md 7.1).
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/json.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "event/names.h"
#include "query/filter_node.h"
#include "query/query_filter.h"

namespace cuesheet {
namespace {

constexpr std::array<std::pair<std::string_view, FilterOp>, 17> kOperators = {{
    {"eq", FilterOp::kEq},
    {"ne", FilterOp::kNe},
    {"lt", FilterOp::kLt},
    {"lte", FilterOp::kLte},
    {"gt", FilterOp::kGt},
    {"gte", FilterOp::kGte},
    {"like", FilterOp::kLike},
    {"isnull", FilterOp::kIsNull},
    {"notnull", FilterOp::kNotNull},
    {"in", FilterOp::kIn},
    {"notin", FilterOp::kNotIn},
    {"includes", FilterOp::kIncludes},
    {"excludes", FilterOp::kExcludes},
    {"includesall", FilterOp::kIncludesAll},
    {"excludesall", FilterOp::kExcludesAll},
    {"includesany", FilterOp::kIncludesAny},
    {"excludesany", FilterOp::kExcludesAny},
}};

// `name` is in snake_case. Two columns have a second name.
std::optional<FilterColumn> ColumnNamed(std::string_view name) {
  if (name == "project_name") return Field::kProject;
  if (name == "user_name") return Field::kUser;
  return FieldNamed(name);
}

template <typename Table>
auto Find(const Table& table, std::string_view name) {
  const auto it = std::ranges::find(table, name, [](const auto& entry) { return entry.first; });
  return it == table.end() ? std::nullopt : std::optional(it->second);
}

std::unexpected<Error> Bad(const std::string& where, const std::string& what) {
  std::string text = where;
  text += ": ";
  text += what;
  return Fail(ErrorCode::kInvalid, std::move(text));
}

std::string Lower(std::string_view text, std::string_view dropped = "") {
  std::string out;
  for (const char c : text) {
    if (dropped.find(c) != std::string_view::npos) continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

bool IsPathElement(std::string_view text) {
  const auto is_start = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !text.empty() && is_start(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return is_start(c) || (c >= '0' && c <= '9'); });
}

Result<std::vector<std::string>> SplitKey(const std::string& key, const std::string& where) {
  std::vector<std::string> path;
  for (size_t from = 0; from <= key.size();) {
    const size_t to = std::min(key.find_first_of("/.", from), key.size());
    std::string part = key.substr(from, to - from);
    const size_t first = part.find_first_not_of(" \t\n\r");
    const size_t last = part.find_last_not_of(" \t\n\r");
    part = first == std::string::npos ? "" : part.substr(first, last - first + 1);
    if (!IsPathElement(part)) {
      return Bad(where + ".key", "invalid path element '" + part + '\'');
    }
    path.push_back(std::move(part));
    from = to + 1;
  }
  return path;
}

enum class ListKind { kNone, kEmpty, kStrings, kIntegers, kFloats };

Result<ListKind> KindOfList(const Json& value, const std::string& where) {
  if (!value.is_array()) return ListKind::kNone;
  if (value.empty()) return ListKind::kEmpty;
  const auto all = [&value](bool (*is)(const Json&)) { return std::ranges::all_of(value, is); };
  if (all([](const Json& item) { return item.is_string(); })) return ListKind::kStrings;
  if (all([](const Json& item) { return item.is_number_integer(); })) return ListKind::kIntegers;
  if (all([](const Json& item) { return item.is_number_float(); })) return ListKind::kFloats;
  return Bad(where + ".value", "a list holds strings only, integers only or floats only");
}

std::optional<Uuid> ParseAnyUuid(std::string_view text) {
  if (text.size() > 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  return Uuid::ParseLenient(text);
}

bool IsText(FilterColumn column) {
  const FieldType type = InfoOf(column).type;
  return type == FieldType::kText || type == FieldType::kStatus;
}

bool IsInteger(FilterColumn column) {
  const FieldType type = InfoOf(column).type;
  return type == FieldType::kInteger || type == FieldType::kOrder;
}

bool IsUuid(FilterColumn column) { return InfoOf(column).type == FieldType::kId; }

bool IsJson(FilterColumn column) { return InfoOf(column).type == FieldType::kObject; }

Result<Json> IntegerValue(const Json& value, const std::string& where) {
  if (value.is_number()) return value;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return Json(number);
  }
  return Bad(where + ".value", CanonicalText(value) + " is no integer, and the column is one");
}

// The value of eq, ne, lt, lte, gt, gte in the form of the column.
Result<Json> ScalarOperand(FilterColumn column, const Json& value, const std::string& where) {
  if (IsInteger(column)) return IntegerValue(value, where);
  if (!value.is_string()) {
    return Bad(where + ".value", CanonicalText(value) +
                                     " cannot be compared with this column: "
                                     "give a string");
  }
  if (IsText(column)) return value;
  const auto& text = value.get_ref<const std::string&>();
  if (IsUuid(column)) {
    const auto id = ParseAnyUuid(text);
    if (!id) return Bad(where + ".value", "'" + text + "' is no id: give 32 hex digits");
    return Json(id->Hex());
  }
  const auto time = Timestamp::ParseIso(text);
  if (!time) return Bad(where + ".value", "'" + text + "' is no time: give ISO 8601");
  return Json(time->us);
}

// The list of `in` and `notin` on a column. Strings are compared with the text form of a value.
Result<Json> ScalarList(FilterColumn column, ListKind kind, const Json& value,
                        const std::string& where) {
  if (kind == ListKind::kFloats || (kind == ListKind::kIntegers && !IsInteger(column))) {
    return Bad(where + ".value", "a list of numbers does not fit this column");
  }
  if (!IsUuid(column)) return value;
  Json list = Json::array();
  for (const Json& item : value) {
    const auto& text = item.get_ref<const std::string&>();
    const auto id = ParseAnyUuid(text);
    if (id) {
      list.push_back(id->Hex());
    } else if (column == FilterColumn::kId) {
      return Bad(where + ".value", "'" + text + "' is no id: give 32 hex digits");
    }
  }
  // When no item of a list of parents is an id, `in` matches nothing and `notin` every parent.
  if (list.empty() && !value.empty()) list.push_back("");
  return list;
}

Result<void> CheckScalar(FilterCondition& condition, ListKind kind, const std::string& where) {
  switch (condition.op) {
    case FilterOp::kIsNull:
    case FilterOp::kNotNull:
      return {};
    case FilterOp::kIn:
    case FilterOp::kNotIn: {
      CUE_ASSIGN(condition.value, ScalarList(condition.column, kind, condition.value, where));
      return {};
    }
    case FilterOp::kLike:
      if (IsText(condition.column)) return {};
      return Bad(where + ".operator", "like works on text columns only");
    case FilterOp::kEq:
    case FilterOp::kNe:
    case FilterOp::kLt:
    case FilterOp::kLte:
    case FilterOp::kGt:
    case FilterOp::kGte: {
      CUE_ASSIGN(condition.value, ScalarOperand(condition.column, condition.value, where));
      return {};
    }
    default:
      return Bad(where + ".operator", "works on lists inside summary and payload only");
  }
}

Result<void> CheckJson(const FilterCondition& condition, ListKind kind, const std::string& where) {
  if (condition.path.empty()) {
    return Bad(where + ".key", "summary and payload need a path, such as summary/entityId");
  }
  const bool floats = kind == ListKind::kFloats;
  switch (condition.op) {
    case FilterOp::kIn:
    case FilterOp::kNotIn:
    case FilterOp::kIncludesAny:
    case FilterOp::kExcludesAny:
      if (floats) return Bad(where + ".value", "a list of floats cannot be compared here");
      return {};
    default:
      return {};
  }
}

// Whether the pattern ends with an odd number of backslashes; PostgreSQL refuses that.
bool EndsWithEscape(const Json& pattern) {
  if (!pattern.is_string()) return false;
  const auto& text = pattern.get_ref<const std::string&>();
  const size_t last = text.find_last_not_of('\\');
  const size_t kept = last == std::string::npos ? 0 : last + 1;
  return (text.size() - kept) % 2 == 1;
}

// Which values an operator takes, whatever the column.
Result<void> CheckShape(const FilterCondition& condition, ListKind kind, const std::string& where) {
  if (condition.value.is_object()) return Bad(where + ".value", "an object cannot be compared");
  const bool is_list = kind != ListKind::kNone;
  switch (condition.op) {
    case FilterOp::kIsNull:
    case FilterOp::kNotNull:
      if (is_list && kind != ListKind::kEmpty) {
        return Bad(where + ".value", "this operator takes no list");
      }
      return {};
    case FilterOp::kIn:
    case FilterOp::kNotIn:
    case FilterOp::kIncludesAll:
    case FilterOp::kExcludesAll:
    case FilterOp::kIncludesAny:
    case FilterOp::kExcludesAny:
      if (!is_list) return Bad(where + ".value", "this operator needs a list");
      return {};
    case FilterOp::kEq:
    case FilterOp::kNe:
      if (is_list && kind != ListKind::kEmpty) {
        return Bad(where + ".value", "this operator takes no list: use in or notin");
      }
      break;
    default:
      if (is_list && kind != ListKind::kEmpty) {
        return Bad(where + ".value", "this operator takes no list");
      }
  }
  if (condition.value.is_null()) return Bad(where + ".value", "missing or null");
  const bool text = condition.value.is_string() || is_list;
  if (condition.op != FilterOp::kLike) return {};
  if (!text) return Bad(where + ".value", "like needs a string");
  if (!is_list && condition.value.get_ref<const std::string&>().size() > kMaxLikePattern) {
    return Fail(ErrorCode::kTooLarge, where + ".value: the pattern is longer than " +
                                          std::to_string(kMaxLikePattern) + " bytes");
  }
  if (EndsWithEscape(condition.value)) {
    return Bad(where + ".value", "the pattern ends with a \\ that escapes nothing: double it");
  }
  return {};
}

// An empty list drops the condition, except where it has a meaning (protocol.md 7.2).
bool IsDropped(const FilterCondition& condition, ListKind kind) {
  if (kind != ListKind::kEmpty) return false;
  switch (condition.op) {
    case FilterOp::kIn:
    case FilterOp::kNotIn:
    case FilterOp::kEq:
    case FilterOp::kNe:
      return false;
    default:
      return true;
  }
}

class FilterParser {
 public:
  // A nested filter must name its conditions: `{}` among conditions is a mistake, not "everything".
  Result<FilterNode> Group(const Json& filter, const std::string& where, size_t depth) {
    if (!filter.is_object()) return Bad(where, "expected an object with conditions");
    if (depth > kMaxFilterDepth) {
      return Fail(ErrorCode::kTooLarge,
                  where + ": nested deeper than " + std::to_string(kMaxFilterDepth) + " groups");
    }
    FilterNode node;
    if (const Json* op = FindMember(filter, "operator")) {
      const std::string name = op->is_string() ? Lower(op->get_ref<const std::string&>()) : "";
      if (name != "and" && name != "or") {
        return Bad(where + ".operator", "expected \"and\" or \"or\", got " + CanonicalText(*op));
      }
      node.any = name == "or";
    }
    const Json* conditions = FindMember(filter, "conditions");
    if (conditions == nullptr) return node;
    if (!conditions->is_array()) return Bad(where + ".conditions", "expected a list");
    for (size_t i = 0; i < conditions->size(); ++i) {
      const std::string at = where + ".conditions[" + std::to_string(i) + "]";
      CUE_ASSIGN(std::optional<FilterNode> child, Item((*conditions)[i], at, depth));
      if (child) node.children.push_back(*std::move(child));
    }
    return node;
  }

 private:
  // nullopt for what AYON drops: an empty group, a condition with an empty list.
  Result<std::optional<FilterNode>> Item(const Json& item, const std::string& where, size_t depth) {
    const bool is_leaf = item.contains("key") || item.contains("value");
    if (!item.is_object() || (!is_leaf && !item.contains("conditions"))) {
      return Bad(where, "expected a condition with key and value, or a group with conditions");
    }
    if (!is_leaf) {
      CUE_ASSIGN(FilterNode group, Group(item, where, depth + 1));
      if (group.children.empty()) return std::nullopt;
      return group;
    }
    if (++count_ > kMaxFilterConditions) {
      return Fail(ErrorCode::kTooLarge,
                  "filter: more than " + std::to_string(kMaxFilterConditions) + " conditions");
    }
    return Leaf(item, where);
  }

  static Result<std::optional<FilterNode>> Leaf(const Json& item, const std::string& where) {
    FilterCondition condition{};
    const Json* key = FindMember(item, "key");
    if (key == nullptr || !key->is_string()) return Bad(where + ".key", "expected a string");
    CUE_ASSIGN(std::vector<std::string> path, SplitKey(key->get_ref<const std::string&>(), where));
    const auto column = ColumnNamed(SnakeCase(path.front()));
    if (!column) return Bad(where + ".key", "events have no attribute '" + path.front() + "'");
    condition.column = *column;
    path.erase(path.begin());
    condition.path = std::move(path);
    CUE_ASSIGN(condition.op, Operator(item, where));
    if (const Json* value = FindMember(item, "value")) condition.value = *value;
    CUE_ASSIGN(const ListKind kind, KindOfList(condition.value, where));
    CUE_TRY(CheckShape(condition, kind, where));
    if (IsJson(*column)) {
      CUE_TRY(CheckJson(condition, kind, where));
    } else if (!condition.path.empty()) {
      return Bad(where + ".key", "only summary and payload have paths");
    } else {
      if (!IsDropped(condition, kind)) CUE_TRY(CheckScalar(condition, kind, where));
    }
    if (IsDropped(condition, kind)) return std::nullopt;
    FilterNode node;
    node.condition = std::move(condition);
    return node;
  }

  static Result<FilterOp> Operator(const Json& item, const std::string& where) {
    const Json* name = FindMember(item, "operator");
    if (name == nullptr) return FilterOp::kEq;
    const auto op = name->is_string()
                        ? Find(kOperators, Lower(name->get_ref<const std::string&>(), "-_"))
                        : std::nullopt;
    if (!op) return Bad(where + ".operator", "there is no operator " + CanonicalText(*name));
    return *op;
  }

  size_t count_ = 0;
};

}  // namespace

Result<QueryFilter> QueryFilter::Parse(const Json& filter) {
  QueryFilter out;
  if (filter.is_null()) return out;
  FilterNode root;
  CUE_ASSIGN(root, FilterParser().Group(filter, "filter", 1));
  if (root.condition || !root.children.empty()) out.root_.push_back(std::move(root));
  return out;
}

QueryFilter::QueryFilter() = default;
QueryFilter::QueryFilter(const QueryFilter& other) = default;
QueryFilter::QueryFilter(QueryFilter&& other) noexcept = default;
QueryFilter& QueryFilter::operator=(const QueryFilter& other) = default;
QueryFilter& QueryFilter::operator=(QueryFilter&& other) noexcept = default;
QueryFilter::~QueryFilter() = default;

}  // namespace cuesheet
