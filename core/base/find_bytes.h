// Substring search over many short texts, sixteen bytes at a time.
#pragma once

#include <string_view>

namespace cuesheet {

constexpr char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char UpperAscii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// True when `needle`, not empty, is a part of `text`.
bool ContainsBytes(std::string_view text, std::string_view needle);

// The same whatever the case of the ASCII letters of `text`; those of `needle` are lower case.
bool ContainsAnyCase(std::string_view text, std::string_view needle);

}  // namespace cuesheet
