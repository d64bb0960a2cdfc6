#include "jsonb.h"

#include <algorithm>
#include <vector>

namespace cuesheet::oracle {
namespace {

// null < string < number < boolean < array < object, but an empty array is below everything.
int RankOf(const Json& value) {
  if (value.is_array()) return value.empty() ? 0 : 5;
  if (value.is_null()) return 1;
  if (value.is_string()) return 2;
  if (value.is_number()) return 3;
  return value.is_boolean() ? 4 : 6;
}

template <typename T>
int Sign(const T& a, const T& b) {
  return a < b ? -1 : a == b ? 0 : 1;
}

}  // namespace

long double NumberOf(const Json& number) {
  if (number.is_number_unsigned()) return static_cast<long double>(number.get<uint64_t>());
  if (number.is_number_integer()) return static_cast<long double>(number.get<int64_t>());
  return number.get<double>();
}

int CompareWithScalar(const Json& stored, const Json& value) {
  if (RankOf(stored) != RankOf(value)) return Sign(RankOf(stored), RankOf(value));
  if (value.is_string()) {
    return Sign(stored.get_ref<const std::string&>(), value.get_ref<const std::string&>());
  }
  if (value.is_number()) return Sign(NumberOf(stored), NumberOf(value));
  if (value.is_boolean()) return Sign(stored.get<bool>(), value.get<bool>());
  return 0;
}

bool SameJson(const Json& a, const Json& b) {
  if (RankOf(a) != RankOf(b)) return false;
  if (!a.is_structured()) return CompareWithScalar(a, b) == 0;
  if (a.size() != b.size()) return false;
  if (a.is_array()) return std::ranges::equal(a, b, SameJson);
  for (const auto& [key, member] : a.items()) {
    if (!b.contains(key) || !SameJson(member, b[key])) return false;
  }
  return true;
}

bool HasElement(const Json& array, const Json& item) {
  return std::ranges::any_of(array, [&](const Json& element) { return SameJson(element, item); });
}

std::string CastText(const Json& value) {
  if (!value.is_structured()) return value.dump();
  std::vector<std::pair<std::string, Json>> members;
  for (const auto& [key, member] : value.items()) members.emplace_back(key, member);
  const bool is_array = value.is_array();
  if (!is_array) {
    std::ranges::sort(members, {},
                      [](const auto& m) { return std::pair(m.first.size(), m.first); });
  }
  std::string text;
  for (const auto& [key, member] : members) {
    if (!text.empty()) text += ", ";
    if (!is_array) text += Json(key).dump() + ": ";
    text += CastText(member);
  }
  return is_array ? '[' + text + ']' : '{' + text + '}';
}

}  // namespace cuesheet::oracle
