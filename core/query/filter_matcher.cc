#include "query/filter_matcher.h"

#include <algorithm>
#include <cmath>

#include "base/find_bytes.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "query/filter_node.h"
#include "query/json_value.h"

namespace cuesheet {
namespace {

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

// The value of a column without a dictionary, in the form that conditions compare with; null = SQL
// NULL.
Json ScalarValue(const EventTable& table, FilterColumn column, Row row) {
  switch (column) {
    case FilterColumn::kId:
      return table.id(row).Hex();
    case FilterColumn::kHash:
      return table.ViewWithoutPayload(row).HashText();
    case FilterColumn::kDependsOn: {
      const auto parent = table.ViewWithoutPayload(row).depends_on;
      return parent ? Json(parent->Hex()) : Json();
    }
    case FilterColumn::kStatus:
      return EventStatusName(table.status(row));
    case FilterColumn::kRetries:
      return table.retries(row);
    case FilterColumn::kDescription:
      return table.description(row);
    case FilterColumn::kCreatedAt:
      return table.created_at(row).us;
    case FilterColumn::kUpdatedAt:
      return table.updated_at(row).us;
    default:
      return table.creation_order(row);
  }
}

const DictionaryColumn* DictionaryOf(const EventTable& table, FilterColumn column) {
  switch (column) {
    case FilterColumn::kTopic:
      return &table.topics();
    case FilterColumn::kSender:
      return &table.senders();
    case FilterColumn::kSenderType:
      return &table.sender_types();
    case FilterColumn::kProject:
      return &table.projects();
    case FilterColumn::kUser:
      return &table.users();
    default:
      return nullptr;
  }
}

// What `in` compares a column's value with (the parser has put the list into the same form).
Json ListForm(const FilterCondition& condition, const Json& value) {
  const bool is_time = InfoOf(condition.column).type == FieldType::kTime;
  if (is_time) return TimestampText({value.get<int64_t>()});
  const bool as_text = !condition.value.empty() && condition.value[0].is_string();
  return as_text && value.is_number() ? Json(CanonicalText(value)) : value;
}

Truth ScalarTruth(const FilterCondition& condition, const Json& value) {
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
    if (!stored->is_number()) return false;  // the value does not fit, so the row does not match
    const bool rounds = stored->is_number_float();  // as a cast to an integer does in PostgreSQL
    const Json whole = rounds ? Json(std::round(stored->get<double>())) : *stored;
    found = ContainsElement(condition.value, whole);
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
  if (!stored->is_array()) return false;  // the value does not fit, so the row does not match
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

bool IsJson(FilterColumn column) { return InfoOf(column).type == FieldType::kObject; }

bool IsTextEquality(const FilterCondition& condition) {
  return IsJson(condition.column) && condition.op == FilterOp::kEq && !condition.path.empty() &&
         condition.value.is_string();
}

}  // namespace

FilterMatcher::FilterMatcher(const QueryFilter& filter, const EventTable& table)
    : table_(table),
      root_(filter.empty() ? Node() : Compile(*filter.root())),
      asks_nothing_(filter.empty()) {}

FilterMatcher::Node FilterMatcher::Compile(const FilterNode& node) {
  Node out;
  out.any = node.any;
  for (const FilterNode& child : node.children) out.children.push_back(Compile(child));
  if (!node.condition) return out;
  out.condition = &*node.condition;
  reads_payloads_ = reads_payloads_ || node.condition->column == FilterColumn::kPayload;
  for (const std::string& key : node.condition->path) out.keys.push_back(JsonKeyText(key));
  if (IsTextEquality(*out.condition)) {
    out.text = CanonicalText(out.condition->value);
    if (out.text.size() > 2)
      out.needle.emplace(std::string_view(out.text).substr(1, out.text.size() - 2));
  }
  return out;
}

bool FilterMatcher::Matches(const Node& node, Row row) const {
  if (node.condition != nullptr) return LeafMatches(node, row);
  const auto matches = [this, row](const Node& child) { return Matches(child, row); };
  return node.any ? std::ranges::any_of(node.children, matches)
                  : std::ranges::all_of(node.children, matches);
}

bool FilterMatcher::LeafMatches(const Node& leaf, Row row) const {
  const FilterColumn column = leaf.condition->column;
  if (column == FilterColumn::kSummary) return JsonMatches(leaf, table_.summary(row));
  if (column == FilterColumn::kPayload) {
    // Of one that cannot be read its source knows, and the answer is refused for it.
    const auto payload = table_.payload(row).value_or(std::nullopt);
    return JsonMatches(leaf, payload.value_or("{}"));
  }
  if (const auto* dictionary = DictionaryOf(table_, column)) {
    return DictionaryMatches(leaf, *dictionary, row);
  }
  return ScalarTruth(*leaf.condition, ScalarValue(table_, column, row)) == true;
}

bool FilterMatcher::JsonMatches(const Node& leaf, std::string_view text) const {
  // Canonical text has an equal value byte for byte, so its bytes must occur somewhere. This
  // excludes most rows without looking for the path.
  if (leaf.needle && !ContainsBytes(text, *leaf.needle)) return false;
  std::optional<std::string_view> found = text;
  for (const std::string& key : leaf.keys) {
    found = MemberText(*found, key);
    if (!found) return JsonTruth(*leaf.condition, nullptr) == true;
  }
  if (!leaf.text.empty()) return *found == leaf.text;  // both are canonical
  const Json value = ParseStoredJson(*found);
  return JsonTruth(*leaf.condition, &value) == true;
}

bool FilterMatcher::DictionaryMatches(const Node& leaf, const DictionaryColumn& column,
                                      Row row) const {
  return CodeMatches(leaf, column, column.code(row));
}

bool FilterMatcher::CodeMatches(const Node& leaf, const DictionaryColumn& column,
                                uint32_t code) const {
  return leaf.codes.Has(code, [&](uint32_t unknown) {
    const bool is_null = unknown == DictionaryColumn::kNull;
    const Json value = is_null ? Json() : Json(column.words().text(unknown));
    return ValueMatches(leaf, value);
  });
}

bool FilterMatcher::ValueMatches(const Node& leaf, const Json& value) {
  return ScalarTruth(*leaf.condition, value) == true;
}

}  // namespace cuesheet
