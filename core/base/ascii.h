// Letters of names that ignore case: ASCII only, in every locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace cuesheet {

constexpr char ToLowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ToLowerAscii, ToLowerAscii);
}

}  // namespace cuesheet
