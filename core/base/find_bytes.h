// Substring search over many short texts, sixteen bytes at a time.
#pragma once

#include <string>
#include <string_view>

namespace cuesheet {

constexpr char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char UpperAscii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// A text to search for in many texts; not empty.
struct Needle {
  explicit Needle(std::string_view needle);

  std::string text;
  // The positions of its two least common bytes, as far apart as possible.
  size_t first = 0;
  size_t last;
};

// True when the needle is a part of `text`.
bool ContainsBytes(std::string_view text, const Needle& needle);

// The same, ignoring the case of ASCII letters in `text`; letters of `needle` are lower case.
bool ContainsAnyCase(std::string_view text, const Needle& needle);

}  // namespace cuesheet
