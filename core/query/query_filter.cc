// QueryFilter::Matches: evaluation of a parsed filter.
#include "query/query_filter.h"

#include <cmath>

#include "base/utf8.h"
#include "query/json_value.h"

namespace cuesheet {
namespace {

// SQL's third truth value is the empty optional.
using Truth = std::optional<bool>;

// Case-insensitive (ASCII) match of the whole text: % any run, _ any character, \ escapes.
bool Like(std::string_view text, std::string_view pattern) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = ++p;
      star_text = t;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    const size_t literal = escaped ? p + 1 : p;
    if (p < pattern.size() && !escaped && pattern[p] == '_') {
      t = NextChar(text, t);
      ++p;
    } else if (literal < pattern.size() && lower(pattern[literal]) == lower(text[t])) {
      ++t;
      p = literal + 1;
    } else if (star != std::string_view::npos) {
      star_text = NextChar(text, star_text);
      t = star_text;
      p = star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

// The result of a comparison operator on an order.
bool Holds(FilterOp op, std::strong_ordering order) {
  switch (op) {
    case FilterOp::kEq:
      return order == 0;
    case FilterOp::kNe:
      return order != 0;
    case FilterOp::kLt:
      return order < 0;
    case FilterOp::kLte:
      return order <= 0;
    case FilterOp::kGt:
      return order > 0;
    default:
      return order >= 0;
  }
}

// PostgreSQL's text of a timestamptz: `2026-03-01 00:00:00+00`, no trailing zeros.
std::string TimestampText(Timestamp time) {
  std::string text = time.Iso();
  text[10] = ' ';
  text.resize(text.size() - 3);
  const size_t point = text.find('.');
  if (point == std::string::npos) return text;
  size_t end = text.size() - 3;
  while (text[end - 1] == '0') --end;
  return text.substr(0, end) + "+00";
}

// A column's value in the form that conditions compare with; null = SQL NULL.
Json ScalarValue(const EventView& event, FilterColumn column) {
  const auto text = [](const std::optional<std::string_view>& value) {
    return value ? Json(*value) : Json();
  };
  switch (column) {
    case FilterColumn::kId:
      return event.id.Hex();
    case FilterColumn::kHash:
      return event.HashText();
    case FilterColumn::kTopic:
      return event.topic;
    case FilterColumn::kSender:
      return text(event.sender);
    case FilterColumn::kSenderType:
      return text(event.sender_type);
    case FilterColumn::kProject:
      return text(event.project);
    case FilterColumn::kUser:
      return text(event.user);
    case FilterColumn::kDependsOn:
      return event.depends_on ? Json(event.depends_on->Hex()) : Json();
    case FilterColumn::kStatus:
      return EventStatusName(event.status);
    case FilterColumn::kRetries:
      return event.retries;
    case FilterColumn::kDescription:
      return event.description;
    case FilterColumn::kCreatedAt:
      return event.created_at.us;
    case FilterColumn::kUpdatedAt:
      return event.updated_at.us;
    default:
      return event.creation_order;
  }
}

// What `in` compares a column's value with (the parser has put the list into the same form).
Json ListForm(const FilterCondition& condition, const Json& value) {
  const bool time =
      condition.column == FilterColumn::kCreatedAt || condition.column == FilterColumn::kUpdatedAt;
  if (time) return TimestampText({value.get<int64_t>()});
  const bool as_text = !condition.value.empty() && condition.value[0].is_string();
  return as_text && value.is_number() ? Json(CanonicalText(value)) : value;
}

Truth ScalarTruth(const FilterCondition& condition, const EventView& event) {
  const Json value = ScalarValue(event, condition.column);
  if (condition.op == FilterOp::kIsNull) return value.is_null();
  if (condition.op == FilterOp::kNotNull) return !value.is_null();
  if (condition.op == FilterOp::kIn || condition.op == FilterOp::kNotIn) {
    const bool wanted = condition.op == FilterOp::kIn;
    if (condition.value.empty()) return !wanted;
    if (value.is_null()) return std::nullopt;
    return ContainsElement(condition.value, ListForm(condition, value)) == wanted;
  }
  if (value.is_null()) return std::nullopt;
  if (condition.op == FilterOp::kLike) {
    return Like(value.get_ref<const std::string&>(), condition.value.get_ref<const std::string&>());
  }
  return Holds(condition.op, CompareJson(value, condition.value));
}

// The value at the path, or nullptr (SQL NULL) when a key is missing on the way.
const Json* AtPath(const Json& root, const std::vector<std::string>& path) {
  const Json* value = &root;
  for (const std::string& key : path) {
    value = FindMember(*value, key);
    if (value == nullptr) return nullptr;
  }
  return value;
}

Truth JsonIn(const FilterCondition& condition, const Json* stored) {
  const bool wanted = condition.op == FilterOp::kIn;
  if (condition.value.empty()) return !wanted;
  if (stored == nullptr) return std::nullopt;
  bool found = false;
  if (condition.value[0].is_string()) {
    const std::string text = JsonbText(*stored);
    for (const Json& item : condition.value) {
      found |= text == '"' + item.get_ref<const std::string&>() + '"';
    }
  } else {
    if (!stored->is_number()) return false;  // does not fit
    found = ContainsElement(condition.value, Json(std::round(stored->get<double>())));
  }
  return found == wanted;
}

Truth JsonIncludes(const FilterCondition& condition, const Json* stored) {
  const Json& value = condition.value;
  switch (condition.op) {
    case FilterOp::kIncludesAll:
      return stored == nullptr ? Truth() : ContainsAll(*stored, value);
    case FilterOp::kExcludesAll:
      return stored == nullptr ? Truth() : !ContainsAll(*stored, value);
    default:
      break;
  }
  const bool wanted = condition.op == FilterOp::kIncludes || condition.op == FilterOp::kIncludesAny;
  if (stored == nullptr) return !wanted;
  if (!stored->is_array()) return false;  // does not fit
  bool found = false;
  if (value.is_array()) {
    for (const Json& item : value) found |= ContainsElement(*stored, item);
  } else {
    found = ContainsElement(*stored, value);
  }
  return found == wanted;
}

Truth JsonTruth(const FilterCondition& condition, const Json* stored) {
  const Json& value = condition.value;
  switch (condition.op) {
    case FilterOp::kIsNull:
      return stored == nullptr;
    case FilterOp::kNotNull:
      return stored != nullptr;
    case FilterOp::kLike:
      if (stored == nullptr || stored->is_null()) return std::nullopt;
      return Like(stored->is_string() ? stored->get<std::string>() : JsonbText(*stored),
                  value.get_ref<const std::string&>());
    case FilterOp::kIn:
    case FilterOp::kNotIn:
      return JsonIn(condition, stored);
    case FilterOp::kEq:
    case FilterOp::kNe:
      if (value.is_array()) {  // the empty list
        const bool eq = condition.op == FilterOp::kEq;
        if (stored == nullptr) return eq;
        return stored->is_array() && stored->empty() == eq;
      }
      if (value.is_boolean() && condition.op == FilterOp::kEq) {
        if (stored == nullptr) return value == false;
        return stored->is_boolean() && *stored == value;
      }
      break;
    case FilterOp::kLt:
    case FilterOp::kLte:
    case FilterOp::kGt:
    case FilterOp::kGte:
      break;
    default:
      return JsonIncludes(condition, stored);
  }
  if (stored == nullptr) return std::nullopt;
  return Holds(condition.op, CompareJson(*stored, value));
}

// One row under evaluation: its JSON columns are parsed once, when first asked for.
class RowFilter {
 public:
  explicit RowFilter(const EventView& event) : event_(event) {}

  Truth Evaluate(const FilterNode& node) {
    if (node.condition) return EvaluateLeaf(*node.condition);
    Truth result = !node.any;
    for (const FilterNode& child : node.children) {
      const Truth truth = Evaluate(child);
      if (truth == node.any) return node.any;
      if (!truth) result = std::nullopt;
    }
    return result;
  }

 private:
  Truth EvaluateLeaf(const FilterCondition& condition) {
    if (condition.column == FilterColumn::kSummary) {
      return JsonTruth(condition, AtPath(Column(summary_, event_.summary), condition.path));
    }
    if (condition.column == FilterColumn::kPayload) {
      const std::string_view text = event_.payload.value_or("{}");
      return JsonTruth(condition, AtPath(Column(payload_, text), condition.path));
    }
    return ScalarTruth(condition, event_);
  }
  static const Json& Column(std::optional<Json>& parsed, std::string_view text) {
    if (!parsed) parsed = Json::parse(text.begin(), text.end(), nullptr, false);
    return *parsed;
  }

  const EventView& event_;
  std::optional<Json> summary_;
  std::optional<Json> payload_;
};

}  // namespace

bool QueryFilter::Matches(const EventView& event) const {
  return empty() || RowFilter(event).Evaluate(root_) == true;
}

}  // namespace cuesheet
