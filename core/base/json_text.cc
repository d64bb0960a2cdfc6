#include "base/json_text.h"

#include "base/json.h"

namespace cuesheet {
namespace {

// The position after a string whose opening quote is at `at`.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

}  // namespace

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

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHexDigits[] = "0123456789abcdef";
  out += '"';
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, from, i - from);
    from = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHexDigits[c >> 4];
        out += kHexDigits[c & 15];
    }
  }
  out.append(text, from);
  out += '"';
}

}  // namespace cuesheet
