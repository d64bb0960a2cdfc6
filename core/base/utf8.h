// Steps through UTF-8 text by characters. Every byte that is not a continuation begins a character,
// also in text that is not valid UTF-8.
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

// The size in bytes of the well-formed character (no overlong form, no surrogate) that `text`
// begins with; 0 when there is none.
inline size_t Utf8Size(std::string_view text) {
  const auto byte = [&text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = byte(0);
  if (text.empty()) return 0;
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned next = byte(1);
  const bool is_bad = (lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) ||
                      (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F);
  return is_bad ? 0 : size;
}

}  // namespace cuesheet
