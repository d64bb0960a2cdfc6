// Text as the protocol compares it: the text filter (17.1), LIKE (7.2), patterns of names (1.4),
// times (1.5), cursors (6.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cuesheet::oracle {

// A character of the oracle's alphabet and what folding makes of it, looked up by hand in the
// Unicode tables: the oracle folds nothing else.
struct Letter {
  std::string_view text;
  std::string_view folded;
};
const std::vector<Letter>& Letters();

std::vector<std::string_view> CodePointsOf(std::string_view text);
std::string FoldByHand(std::string_view text);
// The words that the text filter looks for.
std::vector<std::string> FilterWords(std::string_view text);

// False when the last backslash escapes nothing.
bool IsLikePattern(std::string_view pattern);
// ILIKE of the whole text.
bool Like(std::string_view text, std::string_view pattern);
// Topic patterns: `*` any run, `_` any one character, case sensitive.
bool MatchesTopic(std::string_view text, std::string_view pattern);

bool IsTopicPattern(std::string_view text);
bool IsProjectPattern(std::string_view text);
bool IsUserPattern(std::string_view text);

// Of 32 hex digits, hyphens anywhere and upper case allowed: lower-case hex.
std::optional<std::string> IdOf(std::string_view text);

// Microseconds since 1970 UTC.
std::optional<int64_t> TimeOf(std::string_view text);
std::string IsoTime(int64_t us);   // 2026-03-01T10:00:00.500000+00:00
std::string TimeText(int64_t us);  // as PostgreSQL casts it: 2026-03-01 10:00:00.5+00

std::string Base64(std::string_view bytes);
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace cuesheet::oracle
