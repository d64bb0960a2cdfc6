// Substring search over many short texts, sixteen bytes at a time.
#pragma once

#include <string>
#include <string_view>

namespace cuesheet {

constexpr char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char UpperAscii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// What is searched for in many texts; not empty.
struct Needle {
  explicit Needle(std::string_view needle);

  std::string text;
  // The places of its two bytes that are the least common, as far apart as can be.
  size_t first = 0;
  size_t last;
};

// True when the needle is a part of `text`.
bool ContainsBytes(std::string_view text, const Needle& needle);

// The same whatever the case of the ASCII letters of `text`; those of `needle` are lower case.
bool ContainsAnyCase(std::string_view text, const Needle& needle);

}  // namespace cuesheet
