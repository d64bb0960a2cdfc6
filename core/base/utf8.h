// Walking UTF-8 text by characters; bytes that are not UTF-8 count as what they look like.
#pragma once

#include <algorithm>
#include <string_view>

namespace cuesheet {

inline bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

inline size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return !IsContinuation(c); }));
}

// The position after the character at `at`, which is before the end.
inline size_t NextChar(std::string_view text, size_t at) {
  do ++at;
  while (at < text.size() && IsContinuation(text[at]));
  return at;
}

}  // namespace cuesheet
