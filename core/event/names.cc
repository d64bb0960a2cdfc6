#include "event/names.h"

namespace cuesheet {
namespace {

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlnum(char c) { return IsAlpha(c) || (c >= '0' && c <= '9'); }
bool IsInner(char c) { return IsAlnum(c) || c == '_' || c == '.' || c == '-'; }

// Length in bytes of the UTF-8 character at the front.
size_t CharSize(std::string_view text) {
  const auto c = static_cast<unsigned char>(text[0]);
  const size_t size = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  return size < text.size() ? size : text.size();
}

}  // namespace

bool IsTopic(std::string_view text) {
  if (text.size() < 3 || text.size() > 65 || !IsAlpha(text[0])) return false;
  for (const char c : text) {
    if (!IsAlnum(c) && c != '_' && c != '.' && c != '*') return false;
  }
  return true;
}

bool IsProjectName(std::string_view text) {
  if (text.empty()) return false;
  const auto is_edge = [](char c) { return IsAlnum(c) || c == '_'; };
  if (!is_edge(text.front()) || !is_edge(text.back())) return false;
  for (const char c : text) {
    if (!IsInner(c)) return false;
  }
  return true;
}

bool IsUserName(std::string_view text) {
  if (text.size() < 2 || !IsAlnum(text.front()) || !IsAlnum(text.back())) return false;
  for (const char c : text) {
    if (!IsInner(c)) return false;
  }
  return true;
}

bool MatchesTopicPattern(std::string_view text, std::string_view pattern) {
  // Greedy with one point of return: when a later part fails, the last `*` takes one more
  // character.
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '_') {
      t += CharSize(text.substr(t));
      ++p;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++t;
      ++p;
    } else if (star != std::string_view::npos) {
      star_text += CharSize(text.substr(star_text));
      t = star_text;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace cuesheet
