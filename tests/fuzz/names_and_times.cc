// The first line of the input as a time, an id, a name and a topic pattern; the rest as a topic.
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "event/names.h"

namespace cuesheet {
namespace {

void CheckTime(std::string_view text) {
  const auto time = Timestamp::ParseIso(text);
  CUE_ASSERT(!time || Timestamp::ParseIso(time->Iso()) == time);
}

void CheckId(std::string_view text) {
  const auto strict = Uuid::Parse(text);
  const auto id = Uuid::ParseLenient(text);
  CUE_ASSERT(!strict || strict == id);
  if (!id) return;
  CUE_ASSERT(Uuid::Parse(id->Hex()) == id && Uuid::ParseLenient(id->Hyphenated()) == id);
}

void CheckNames(std::string_view text) {
  const std::string snake = SnakeCase(text);
  CUE_ASSERT(SnakeCase(snake) == snake && snake.size() <= 2 * text.size());
  if (IsTopic(text)) {
    // Matching takes at most text times pattern steps; this is what bounds both.
    CUE_ASSERT(text.size() >= 3 && text.size() <= 65);
    CUE_ASSERT(MatchesTopicPattern(text, text));
  }
  CUE_ASSERT(!IsUserName(text) || IsProjectName(text));
}

bool IsAscii(std::string_view text) {
  return text.find_first_of("\x80") == std::string_view::npos && CodePoints(text) == text.size();
}

// Every position of the text that the pattern's beginning can reach, a character at a time.
bool Reaches(std::string_view text, std::string_view pattern) {
  std::vector<bool> at(text.size() + 1);
  at[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(text.size() + 1);
    for (size_t t = 0; t <= text.size(); ++t) {
      if (!at[t]) continue;
      if (c == '*') {
        next[t] = true;
        if (t < text.size()) at[NextChar(text, t)] = true;
      } else if (t < text.size() && c == '_') {
        next[NextChar(text, t)] = true;
      } else if (t < text.size() && c == text[t]) {
        next[t + 1] = true;
      }
    }
    at = next;
  }
  return at[text.size()];
}

void CheckLargeInputs() {
  const std::string large(1 << 20, 'a');
  for (const char c : {'a', '-', '0', '.', '*', 'A', '\0', '\xFF'}) {
    const std::string text(1 << 20, c);
    CheckTime(text);
    CheckTime("2026-03-20T09:46:40." + text);
    CheckId(text);
    CheckNames(text);
    (void)MatchesTopicPattern(text, "*a_*b");
    (void)MatchesTopicPattern("demo.a", text);
  }
  // The longest topics allowed, and the patterns that return most often.
  for (const std::string part : {"*a", "*_", "*aaaa", "*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    std::string pattern;
    while (pattern.size() + part.size() < 65) pattern += part;
    CUE_ASSERT(!MatchesTopicPattern(std::string(65, 'a'), pattern + 'b'));
  }
}

}  // namespace
}  // namespace cuesheet

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cuesheet::CheckLargeInputs();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cuesheet;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view line = all.substr(0, all.find('\n'));
  const std::string_view rest = line.size() == size ? line : all.substr(line.size() + 1);
  CheckTime(line);
  CheckId(line);
  CheckNames(line);
  const bool matches = MatchesTopicPattern(rest, line);
  // Patterns are ASCII wherever they come from (IsTopic); only then is a byte a character.
  if (IsAscii(line)) CUE_ASSERT(matches == Reaches(rest, line));
  return 0;
}
