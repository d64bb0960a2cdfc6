#include "event/field_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/json.h"
#include "event/names.h"

namespace cuesheet {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r\n\f\v");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n\f\v") - from + 1);
}

// Python's text of a scalar: True, 5, 1.5.
std::optional<std::string> ScalarText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number()) return CanonicalText(value);
  return std::nullopt;
}

std::optional<bool> ScalarBool(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) {
    const auto number = value.get<double>();
    if (number == 0) return false;
    if (number == 1) return true;
    return std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  std::string word = value.get<std::string>();
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view yes : {"1", "on", "t", "true", "y", "yes"}) {
    if (word == yes) return true;
  }
  for (const std::string_view no : {"0", "off", "f", "false", "n", "no"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

std::optional<int64_t> IntegerFromText(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> ScalarInteger(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number_float()) {
    const auto number = std::trunc(value.get<double>());
    if (!(std::abs(number) < 9.2e18)) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) return std::nullopt;
  if (value.is_number()) return value.get<int64_t>();
  if (value.is_string()) return IntegerFromText(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<double> ScalarFloat(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string text(Trim(value.get_ref<const std::string&>()));
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  return number;
}

// An object, or a list of [key, value] pairs.
std::optional<Json> ScalarObject(const Json& value) {
  if (value.is_object()) return value;
  if (!value.is_array()) return std::nullopt;
  Json object = Json::object();
  for (const Json& pair : value) {
    if (!pair.is_array() || pair.size() != 2) return std::nullopt;
    const auto key = ScalarText(pair[0]);
    if (!key) return std::nullopt;
    object[*key] = pair[1];
  }
  return object;
}

bool HasEscapedNull(std::string_view json) {
  constexpr std::string_view kNull = "\\u0000";
  for (size_t at = json.find(kNull); at != std::string_view::npos; at = json.find(kNull, at + 1)) {
    const size_t before = json.substr(0, at).find_last_not_of('\\') + 1;
    if ((at - before) % 2 == 0) return true;  // else an escaped backslash stands before u0000
  }
  return false;
}

}  // namespace

FieldReader::FieldReader(const Json& body) : body_(body) {
  if (!body.is_object()) {
    errors_.push_back({{}, "value is not a valid dict", "type_error.dict", {}});
  }
}

const Json* FieldReader::Member(std::string_view name) const {
  const Json* value = FindMember(body_, name);
  const bool has_snake_case =
      std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
  return value != nullptr || !has_snake_case ? value : FindMember(body_, SnakeCase(name));
}

const Json* FieldReader::Value(std::string_view name, Null null) {
  const Json* value = Member(name);
  if (value == nullptr) return nullptr;
  if (!value->is_null()) return value;
  if (null == Null::kRefused) {
    Fail(name, "none is not an allowed value", "type_error.none.not_allowed");
  }
  return nullptr;
}

std::optional<std::string> FieldReader::Text(std::string_view name, Null null) {
  const Json* value = Value(name, null);
  if (value == nullptr) return std::nullopt;
  auto text = ScalarText(*value);
  if (!text) Fail(name, "str type expected", "type_error.str");
  if (text && text->find('\0') != std::string::npos) FailNull(name);
  return text;
}

std::optional<bool> FieldReader::Bool(std::string_view name, Null null) {
  const Json* value = Value(name, null);
  if (value == nullptr) return std::nullopt;
  const auto flag = ScalarBool(*value);
  if (!flag) Fail(name, "value could not be parsed to a boolean", "type_error.bool");
  return flag;
}

std::optional<int64_t> FieldReader::Integer(std::string_view name, Null null) {
  const Json* value = Value(name, null);
  if (value == nullptr) return std::nullopt;
  const auto number = ScalarInteger(*value);
  if (!number) Fail(name, "value is not a valid integer", "type_error.integer");
  return number;
}

std::optional<double> FieldReader::Float(std::string_view name, Null null) {
  const Json* value = Value(name, null);
  if (value == nullptr) return std::nullopt;
  const auto number = ScalarFloat(*value);
  if (!number) Fail(name, "value is not a valid float", "type_error.float");
  return number;
}

std::optional<std::string> FieldReader::Object(std::string_view name, Null null) {
  const Json* value = Value(name, null);
  if (value == nullptr) return std::nullopt;
  const auto object = ScalarObject(*value);
  if (!object) {
    Fail(name, "value is not a valid dict", "type_error.dict");
    return std::nullopt;
  }
  std::string text = CanonicalText(*object);
  if (HasEscapedNull(text)) FailNull(name);
  return text;
}

// PostgreSQL has no U+0000 in a text, so a stock server fails with it.
void FieldReader::FailNull(std::string_view name) {
  Fail(name, "U+0000 cannot be stored: leave it out", "value_error");
}

void FieldReader::Require(std::string_view name) {
  if (Member(name) == nullptr && body_.is_object()) {
    Fail(name, "field required", "value_error.missing");
  }
}

void FieldReader::Fail(std::string_view name, std::string message, std::string type,
                       const Json& context) {
  errors_.push_back({{std::string(name)},
                     std::move(message),
                     std::move(type),
                     context.is_null() ? std::string() : CanonicalText(context)});
}

}  // namespace cuesheet
