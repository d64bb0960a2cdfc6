#include "event/names.h"

#include "base/utf8.h"

namespace cuesheet {
namespace {

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlnum(char c) { return IsAlpha(c) || (c >= '0' && c <= '9'); }
bool IsInner(char c) { return IsAlnum(c) || c == '_' || c == '.' || c == '-'; }

}  // namespace

std::string SnakeCase(std::string_view camel) {
  std::string snake;
  for (const char c : camel) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !snake.empty() && snake.back() != '_') snake += '_';
    snake += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return snake;
}

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
  // Greedy, with one point of return: when a later part fails, the last `*` takes one more
  // character. Returning to earlier stars is not needed, so the cost is at most the product of the
  // two lengths.
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '_') {
      t = NextChar(text, t);
      ++p;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++t;
      ++p;
    } else if (star != std::string_view::npos) {
      star_text = NextChar(text, star_text);
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
