#include "filter.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "jsonb.h"
#include "text.h"

namespace cuesheet::oracle {
namespace {

// What an attribute is to the database.
enum class Kind { kText, kId, kParent, kInteger, kTime, kJson };

struct Attribute {
  std::string name;  // snake_case
  Kind kind = Kind::kText;
  std::vector<std::string> path;
};

const std::map<std::string, Kind> kAttributes = {
    {"id", Kind::kId},
    {"hash", Kind::kText},
    {"topic", Kind::kText},
    {"sender", Kind::kText},
    {"sender_type", Kind::kText},
    {"project", Kind::kText},
    {"project_name", Kind::kText},
    {"user", Kind::kText},
    {"user_name", Kind::kText},
    {"depends_on", Kind::kParent},
    {"status", Kind::kText},
    {"retries", Kind::kInteger},
    {"description", Kind::kText},
    {"created_at", Kind::kTime},
    {"updated_at", Kind::kTime},
    {"creation_order", Kind::kInteger},
    {"summary", Kind::kJson},
    {"payload", Kind::kJson},
};

std::string SnakeOf(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out += '_';
    out += upper ? static_cast<char>(c + 32) : c;
  }
  return out;
}

bool IsPathElement(const std::string& text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::ranges::all_of(text, [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

std::optional<Attribute> AttributeOf(const Json& key) {
  if (!key.is_string()) return std::nullopt;
  std::vector<std::string> elements(1);
  for (const char c : key.get_ref<const std::string&>()) {
    if (c == '/' || c == '.') {
      elements.emplace_back();
    } else {
      elements.back() += c;
    }
  }
  for (std::string& element : elements) {
    while (element.starts_with(' ')) element.erase(0, 1);
    while (element.ends_with(' ')) element.pop_back();
    if (!IsPathElement(element)) return std::nullopt;
  }
  const auto known = kAttributes.find(SnakeOf(elements[0]));
  if (known == kAttributes.end()) return std::nullopt;
  if ((known->second == Kind::kJson) != (elements.size() > 1)) return std::nullopt;
  return Attribute{known->first, known->second, {elements.begin() + 1, elements.end()}};
}

// A member, or null: nothing is copied, the same filter is read for every event.
const Json& MemberOf(const Json& object, const char* name) {
  static const Json none;
  const auto it = object.find(name);
  return it == object.end() ? none : *it;
}

// "" when there is no such operator.
std::string OperatorOf(const Json& condition) {
  if (!condition.contains("operator")) return "eq";
  if (!condition["operator"].is_string()) return "";
  std::string name;
  for (const char c : condition["operator"].get_ref<const std::string&>()) {
    if (c != '-' && c != '_') name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  static const std::vector<std::string> operators = {
      "eq",       "like",        "lt",          "gt",          "lte",        "gte",
      "ne",       "isnull",      "notnull",     "in",          "notin",      "includes",
      "excludes", "includesall", "excludesall", "includesany", "excludesany"};
  return std::ranges::find(operators, name) == operators.end() ? "" : name;
}

bool IsNullTest(const std::string& op) { return op == "isnull" || op == "notnull"; }
bool IsList(const std::string& op) { return op == "in" || op == "notin"; }
bool IsOf(const std::string& op, const std::string& ending) {
  return op == "includes" + ending || op == "excludes" + ending;
}

bool AllOf(const Json& list, bool (*is)(const Json&)) {
  return list.is_array() && std::ranges::all_of(list, is);
}
bool IsString(const Json& value) { return value.is_string(); }
bool IsInteger(const Json& value) { return value.is_number_integer(); }
bool IsFloat(const Json& value) { return value.is_number_float(); }

// As the database reads an integer from text.
bool IsNumeral(const std::string& text) {
  size_t from = text.find_first_not_of(' ');
  if (from == std::string::npos) return false;
  std::string digits = text.substr(from, text.find_last_not_of(' ') - from + 1);
  if (digits[0] == '-' || digits[0] == '+') digits.erase(0, 1);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
}

// Of a condition whose key, operator and value are each well-formed.
bool FitsAttribute(Kind kind, const std::string& op, const Json& value) {
  if (IsNullTest(op)) return !value.is_array() || value.empty();
  if (IsList(op)) {
    if (!value.is_array() || (!value.empty() && AllOf(value, IsFloat))) return false;
    if (AllOf(value, IsInteger))
      return value.empty() || kind == Kind::kInteger || kind == Kind::kJson;
    return kind != Kind::kId || std::ranges::all_of(value, [](const Json& item) {
             return IdOf(item.get<std::string>()).has_value();
           });
  }
  if (value.is_array() && value.empty()) return kind == Kind::kJson || (op != "eq" && op != "ne");
  if (op.starts_with("includes") || op.starts_with("excludes")) {
    if (kind != Kind::kJson) return false;
    if (IsOf(op, "")) return !value.is_array();
    return value.is_array() && (IsOf(op, "all") || !AllOf(value, IsFloat));
  }
  if (value.is_array()) return false;
  if (op == "like") {
    return value.is_string() && (kind == Kind::kText || kind == Kind::kJson) &&
           IsLikePattern(value.get<std::string>());
  }
  if (kind == Kind::kJson) return true;
  if (value.is_number()) return kind == Kind::kInteger;
  if (!value.is_string()) return false;
  const auto text = value.get<std::string>();
  if (kind == Kind::kId || kind == Kind::kParent) return IdOf(text).has_value();
  if (kind == Kind::kTime) return TimeOf(text).has_value();
  return kind == Kind::kText || IsNumeral(text);
}

bool IsConditionRefused(const Json& condition) {
  const std::string op = OperatorOf(condition);
  const auto attribute = AttributeOf(MemberOf(condition, "key"));
  if (op.empty() || !attribute) return true;
  const Json& value = MemberOf(condition, "value");
  if (value.is_object() || (value.is_null() && !IsNullTest(op))) return true;
  if (value.is_array() && !AllOf(value, IsString) && !AllOf(value, IsInteger) &&
      !AllOf(value, IsFloat)) {
    return true;
  }
  return !FitsAttribute(attribute->kind, op, value);
}

bool IsGroupRefused(const Json& group) {
  if (!group.is_object()) return true;
  if (group.contains("operator")) {
    if (!group["operator"].is_string()) return true;
    const auto name = group["operator"].get<std::string>();
    if (name != "and" && name != "AND" && name != "or" && name != "OR" && name != "Or") return true;
  }
  if (!group.contains("conditions")) return false;
  if (!group["conditions"].is_array()) return true;
  return std::ranges::any_of(group["conditions"], [](const Json& item) {
    const bool is_group = item.is_object() && item.contains("conditions") && !item.contains("key");
    if (is_group) return IsGroupRefused(item);
    return !item.is_object() || IsConditionRefused(item);
  });
}

// True, not true, or dropped: an empty group, or a condition that has no effect. SQL's unknown is
// `kNo` here: there is no NOT in the language, so nothing can tell the two apart.
enum class Verdict { kNo, kYes, kGone };

Verdict Of(bool yes) { return yes ? Verdict::kYes : Verdict::kNo; }

Verdict Compared(const std::string& op, int sign) {
  if (op == "eq") return Of(sign == 0);
  if (op == "ne") return Of(sign != 0);
  if (op == "lt") return Of(sign < 0);
  if (op == "lte") return Of(sign <= 0);
  return Of(op == "gt" ? sign > 0 : sign >= 0);
}

template <typename T>
int Sign(const T& a, const T& b) {
  return a < b ? -1 : a == b ? 0 : 1;
}

std::optional<std::string> TextOf(const PlainEvent& event, const std::string& name) {
  if (name == "id") return event.id;
  if (name == "hash") return event.hash;
  if (name == "topic") return event.topic;
  if (name == "sender") return event.sender;
  if (name == "sender_type") return event.sender_type;
  if (name == "project" || name == "project_name") return event.project;
  if (name == "user" || name == "user_name") return event.user;
  if (name == "depends_on") return event.depends_on;
  if (name == "status") return event.status;
  if (name == "description") return event.description;
  if (name == "retries") return std::to_string(event.retries);
  if (name == "creation_order") return std::to_string(event.order);
  return TimeText(name == "created_at" ? event.created_us : event.updated_us);
}

// `in` of a scalar column compares text forms; ids are the same in any writing.
bool IsAmong(Kind kind, const std::string& text, const Json& list) {
  return std::ranges::any_of(list, [&](const Json& item) {
    if (item.is_number()) return item.dump() == text;
    const auto& wanted = item.get_ref<const std::string&>();
    return kind == Kind::kId || kind == Kind::kParent ? IdOf(wanted) == text : wanted == text;
  });
}

Verdict JudgeScalar(const Attribute& attribute, const std::string& op, const Json& value,
                    const PlainEvent& event) {
  const auto text = TextOf(event, attribute.name);
  if (IsNullTest(op)) return Of(text.has_value() == (op == "notnull"));
  if (IsList(op) && value.empty()) return Of(op == "notin");
  if (!text) return Verdict::kNo;
  if (IsList(op)) return Of(IsAmong(attribute.kind, *text, value) == (op == "in"));
  if (op == "like") return Of(Like(*text, value.get<std::string>()));
  if (attribute.kind == Kind::kInteger) {
    const Json number = value.is_string() ? Json(std::stoll(value.get<std::string>())) : value;
    return Compared(op, Sign(std::stold(*text), NumberOf(number)));
  }
  const auto& wanted = value.get_ref<const std::string&>();
  if (attribute.kind == Kind::kText) return Compared(op, Sign(*text, wanted));
  if (attribute.kind != Kind::kTime) return Compared(op, Sign(*text, *IdOf(wanted)));
  const int64_t time = attribute.name == "created_at" ? event.created_us : event.updated_us;
  return Compared(op, Sign(time, *TimeOf(wanted)));
}

Verdict JudgeAmong(const std::string& op, const Json& stored, const Json& list) {
  if (AllOf(list, IsString)) {
    const std::string text = CastText(stored);
    const bool found = std::ranges::any_of(
        list, [&](const Json& item) { return '"' + item.get<std::string>() + '"' == text; });
    return Of(found == (op == "in"));
  }
  if (!stored.is_number()) return Verdict::kNo;
  // A cast to integer: half away from zero.
  const long double whole = std::round(NumberOf(stored));
  const bool found =
      std::ranges::any_of(list, [&](const Json& item) { return NumberOf(item) == whole; });
  return Of(found == (op == "in"));
}

Verdict JudgeElements(const std::string& op, const Json* stored, const Json& value) {
  const bool includes = op.starts_with("includes");
  const bool all = IsOf(op, "all");
  if (stored == nullptr) return Of(!includes && !all);
  if (!stored->is_array()) return Of(!includes && all);
  const auto has = [&](const Json& item) { return HasElement(*stored, item); };
  const bool found = !value.is_array() ? has(value)
                     : all             ? std::ranges::all_of(value, has)
                                       : std::ranges::any_of(value, has);
  return Of(found == includes);
}

Verdict JudgeJson(const Json* stored, const std::string& op, const Json& value) {
  if (IsNullTest(op)) return Of((stored != nullptr) == (op == "notnull"));
  if (IsList(op) && value.empty()) return Of(op == "notin");
  if (op.starts_with("includes") || op.starts_with("excludes")) {
    return JudgeElements(op, stored, value);
  }
  if (op == "eq" && (value == false || value.is_array()) && stored == nullptr) {
    return Verdict::kYes;
  }
  if (stored == nullptr) return Verdict::kNo;
  if (IsList(op)) return JudgeAmong(op, *stored, value);
  if (op == "like") {
    if (stored->is_null()) return Verdict::kNo;
    const std::string text = stored->is_string() ? stored->get<std::string>() : CastText(*stored);
    return Of(Like(text, value.get<std::string>()));
  }
  if (value.is_array()) return Of(stored->is_array() && stored->empty() == (op == "eq"));
  if (value.is_boolean() && op == "eq") return Of(*stored == value);
  return Compared(op, CompareWithScalar(*stored, value));
}

Verdict JudgeCondition(const Json& condition, const PlainEvent& event) {
  const std::string op = OperatorOf(condition);
  const Attribute attribute = AttributeOf(condition["key"]).value();
  const Json& value = MemberOf(condition, "value");
  const bool empty_list = value.is_array() && value.empty();
  const bool keeps_empty =
      IsList(op) || (attribute.kind == Kind::kJson && (op == "eq" || op == "ne"));
  if (empty_list && !keeps_empty) return Verdict::kGone;
  if (attribute.kind != Kind::kJson) return JudgeScalar(attribute, op, value, event);
  const Json* stored = attribute.name == "summary" ? &event.summary : &event.payload;
  for (const std::string& element : attribute.path) {
    if (stored == nullptr || !stored->is_object() || !stored->contains(element)) {
      stored = nullptr;
      break;
    }
    stored = &(*stored)[element];
  }
  return JudgeJson(stored, op, value);
}

Verdict JudgeGroup(const Json& group, const PlainEvent& event) {
  const Json& op = MemberOf(group, "operator");
  const bool any = op == "or" || op == "OR" || op == "Or";
  bool gone = true;
  bool yes = !any;
  for (const Json& item : MemberOf(group, "conditions")) {
    const bool is_group = !item.contains("key");
    const Verdict verdict = is_group ? JudgeGroup(item, event) : JudgeCondition(item, event);
    if (verdict == Verdict::kGone) continue;
    gone = false;
    const bool one = verdict == Verdict::kYes;
    yes = any ? yes || one : yes && one;
  }
  return gone ? Verdict::kGone : Of(yes);
}

}  // namespace

bool IsRefused(const Json& filter) { return !filter.is_null() && IsGroupRefused(filter); }

bool Matches(const Json& filter, const PlainEvent& event) {
  return filter.is_null() || JudgeGroup(filter, event) != Verdict::kNo;
}

}  // namespace cuesheet::oracle
