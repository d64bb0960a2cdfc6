#include "base/json_text.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/json.h"
#include "base/json_writer.h"

namespace cuesheet {
namespace {

// The position after a string whose opening quote is at `at`.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    at = SkipPlainJson(text, at);
    if (at >= text.size() || text[at] == '"') break;
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// Whether one of eight bytes is a control character, a quote or a backslash: the classic tests for
// a zero byte and for a byte below 32, on all of them at once.
bool NeedsEscape(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  const uint64_t quote = bytes ^ (kOnes * '"');
  const uint64_t backslash = bytes ^ (kOnes * '\\');
  const uint64_t found = ((bytes - kOnes * 0x20) & ~bytes) | ((quote - kOnes) & ~quote) |
                         ((backslash - kOnes) & ~backslash);
  return (found & kHighs) != 0;
}

char* PutEscaped(char* out, char c) {
  static constexpr char kHexDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && c != '"' && c != '\\') {
    *out++ = c;
    return out;
  }
  *out++ = '\\';
  switch (c) {
    case '\n':
      *out++ = 'n';
      break;
    case '\r':
      *out++ = 'r';
      break;
    case '\t':
      *out++ = 't';
      break;
    case '\b':
      *out++ = 'b';
      break;
    case '\f':
      *out++ = 'f';
      break;
    case '"':
    case '\\':
      *out++ = c;
      break;
    default:
      out = std::ranges::copy(std::string_view("u00"), out).out;
      *out++ = kHexDigits[byte >> 4];
      *out++ = kHexDigits[byte & 15];
  }
  return out;
}

}  // namespace

size_t SkipPlainJson(std::string_view text, size_t at) {
  using Bytes16 = int8_t __attribute__((vector_size(16)));
  using Words2 = uint64_t __attribute__((vector_size(16)));
  for (; at + 16 <= text.size(); at += 16) {
    Bytes16 bytes;
    std::memcpy(&bytes, text.data() + at, 16);
    // Bytes are signed: one that is not ASCII is below 0x20 and stops the run too.
    const auto stops = reinterpret_cast<Words2>((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
    // The first stopping byte is all ones; the count is in bits.
    if (stops[0] != 0) return at + static_cast<size_t>(std::countr_zero(stops[0])) / 8;
    if (stops[1] != 0) return at + 8 + static_cast<size_t>(std::countr_zero(stops[1])) / 8;
  }
  while (at < text.size() && static_cast<int8_t>(text[at]) >= 0x20 && text[at] != '"' &&
         text[at] != '\\') {
    ++at;
  }
  return at;
}

size_t SkipJsonValue(std::string_view text, size_t at) {
  for (size_t depth = 0; at < text.size();) {
    switch (text[at]) {
      case '"':
        at = SkipString(text, at);
        break;
      case '{':
      case '[':
        ++depth;
        ++at;
        break;
      case '}':
      case ']':
        if (depth == 0) return at;
        --depth;
        ++at;
        break;
      case ',':
      case ':':
        if (depth == 0) return at;
        ++at;
        break;
      default:  // a number or a word
        while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']') ++at;
    }
    if (depth == 0) return at;
  }
  return at;
}

std::optional<std::string_view> MemberText(std::string_view text, std::string_view key) {
  std::optional<std::string_view> found;
  if (text.empty() || text.front() != '{') return found;
  VisitMembers(text, [&](std::string_view name, std::string_view value) {
    if (name != key) return true;
    found = value;
    return false;
  });
  return found;
}

std::string JsonKeyText(std::string_view key) {
  const std::string quoted = CanonicalText(Json(key));
  return quoted.substr(1, quoted.size() - 2);
}

char* PutJsonString(char* out, std::string_view text) {
  *out++ = '"';
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t bytes;
    std::memcpy(&bytes, text.data() + i, 8);
    // Written before the test: most runs need no escape, and otherwise they are overwritten.
    std::memcpy(out, &bytes, 8);
    if (!NeedsEscape(bytes)) {
      out += 8;
      continue;
    }
    for (size_t k = i; k < i + 8; ++k) out = PutEscaped(out, text[k]);
  }
  for (; i < text.size(); ++i) out = PutEscaped(out, text[i]);
  *out++ = '"';
  return out;
}

void AppendJsonString(std::string& out, std::string_view text) {
  AppendWritten(out, JsonStringBound(text.size()),
                [text](char* at) { return PutJsonString(at, text); });
}

}  // namespace cuesheet
