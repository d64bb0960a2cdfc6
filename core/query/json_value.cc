#include "query/json_value.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "base/json.h"

namespace cuesheet {
namespace {

int Rank(const Json& value) {
  if (value.is_array() && value.empty()) return 0;
  if (value.is_null()) return 1;
  if (value.is_string()) return 2;
  if (value.is_number()) return 3;
  if (value.is_boolean()) return 4;
  return value.is_array() ? 5 : 6;
}

std::strong_ordering Order(bool less, bool greater) {
  if (less) return std::strong_ordering::less;
  return greater ? std::strong_ordering::greater : std::strong_ordering::equal;
}

// Integers beyond int64 are kept unsigned.
std::strong_ordering CompareIntegers(const Json& a, const Json& b) {
  const auto compare = [](auto x, auto y) {
    return Order(std::cmp_less(x, y), std::cmp_less(y, x));
  };
  const auto with = [&](auto x) {
    return b.is_number_unsigned() ? compare(x, b.get<uint64_t>()) : compare(x, b.get<int64_t>());
  };
  return a.is_number_unsigned() ? with(a.get<uint64_t>()) : with(a.get<int64_t>());
}

// Exact. Casting the integer to double would round large ones and make them equal.
std::strong_ordering CompareIntegerFloat(const Json& integer, double number) {
  if (number >= 0x1p64) return std::strong_ordering::less;
  if (number < -0x1p63) return std::strong_ordering::greater;
  const double whole = std::floor(number);
  const auto order = CompareIntegers(
      integer, whole < 0 ? Json(static_cast<int64_t>(whole)) : Json(static_cast<uint64_t>(whole)));
  return order == 0 && whole < number ? std::strong_ordering::less : order;
}

std::strong_ordering CompareNumbers(const Json& a, const Json& b) {
  if (a.is_number_float() && b.is_number_float()) {
    return Order(a.get<double>() < b.get<double>(), b.get<double>() < a.get<double>());
  }
  if (b.is_number_float()) return CompareIntegerFloat(a, b.get<double>());
  if (a.is_number_float()) return 0 <=> CompareIntegerFloat(b, a.get<double>());
  return CompareIntegers(a, b);
}

// jsonb's order of keys: shorter ones first.
struct KeyOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

std::vector<std::string> SortedKeys(const Json& object) {
  std::set<std::string, KeyOrder> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return {keys.begin(), keys.end()};
}

std::strong_ordering CompareObjects(const Json& a, const Json& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  const auto keys_a = SortedKeys(a);
  const auto keys_b = SortedKeys(b);
  for (size_t i = 0; i < keys_a.size(); ++i) {
    if (const auto order = keys_a[i] <=> keys_b[i]; order != 0) return order;
    if (const auto order = CompareJson(a[keys_a[i]], b[keys_b[i]]); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace

std::strong_ordering CompareJson(const Json& a, const Json& b) {
  if (Rank(a) != Rank(b)) return Rank(a) <=> Rank(b);
  if (a.is_string()) return a.get_ref<const std::string&>() <=> b.get_ref<const std::string&>();
  if (a.is_boolean()) return a.get<bool>() <=> b.get<bool>();
  if (a.is_number()) return CompareNumbers(a, b);
  if (a.is_array()) {
    if (a.size() != b.size()) return a.size() <=> b.size();
    for (size_t i = 0; i < a.size(); ++i) {
      if (const auto order = CompareJson(a[i], b[i]); order != 0) return order;
    }
    return std::strong_ordering::equal;
  }
  return a.is_object() ? CompareObjects(a, b) : std::strong_ordering::equal;
}

bool ContainsElement(const Json& array, const Json& item) {
  return std::ranges::any_of(
      array, [&item](const Json& element) { return CompareJson(element, item) == 0; });
}

bool ContainsAll(const Json& array, const Json& list) {
  return array.is_array() && std::ranges::all_of(list, [&array](const Json& item) {
           return ContainsElement(array, item);
         });
}

std::string JsonbText(const Json& value) {
  if (value.is_array()) {
    std::string text = "[";
    for (const Json& element : value) {
      if (text.size() > 1) text += ", ";
      text += JsonbText(element);
    }
    return text + ']';
  }
  if (!value.is_object()) return CanonicalText(value);
  std::string text = "{";
  for (const std::string& key : SortedKeys(value)) {
    if (text.size() > 1) text += ", ";
    AppendJsonString(text, key);
    text += ": " + JsonbText(value[key]);
  }
  return text + '}';
}

}  // namespace cuesheet
