#include "text.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace cuesheet::oracle {
namespace {

using namespace std::string_view_literals;

bool IsAscii(std::string_view character) {
  return character.size() == 1 && static_cast<unsigned char>(character[0]) < 0x80;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlnum(char c) { return IsAlpha(c) || IsDigit(c); }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string FoldAscii(char c) {
  if (IsAlnum(c)) return {Lower(c)};
  return " ,./\\;:!|*^#@~+-_="sv.find(c) == std::string_view::npos ? "" : std::string{c};
}

bool Only(std::string_view text, std::string_view others) {
  return std::ranges::all_of(
      text, [&](char c) { return IsAlnum(c) || others.find(c) != std::string_view::npos; });
}

// Characters of a pattern: `any` matches any run, `one` any character; `escape` takes the next
// character as it is.
struct Wildcards {
  std::string_view any, one, escape;
  bool ignore_case;
};

using Characters = std::vector<std::string_view>;

bool SameCharacter(std::string_view a, std::string_view b, bool ignore_case) {
  if (ignore_case && IsAscii(a) && IsAscii(b)) return Lower(a[0]) == Lower(b[0]);
  return a == b;
}

bool MatchesFrom(const Characters& text, size_t at, const Characters& pattern, size_t next,
                 const Wildcards& cards) {
  if (next == pattern.size()) return at == text.size();
  if (pattern[next] == cards.any) {
    for (size_t rest = at; rest <= text.size(); ++rest) {
      if (MatchesFrom(text, rest, pattern, next + 1, cards)) return true;
    }
    return false;
  }
  const bool escaped = pattern[next] == cards.escape;
  const size_t literal = next + (escaped ? 1 : 0);
  if (literal == pattern.size() || at == text.size()) return false;
  const bool wild = !escaped && pattern[literal] == cards.one;
  if (!wild && !SameCharacter(text[at], pattern[literal], cards.ignore_case)) return false;
  return MatchesFrom(text, at + 1, pattern, literal + 1, cards);
}

}  // namespace

const std::vector<Letter>& Letters() {
  static const std::vector<Letter> letters = {
      {"é", "e"},
      {"É", "e"},
      {"ů", "u"},
      {"Ů", "u"},
      {"ň", "n"},
      {"Ň", "n"},
      {"ž", "z"},
      {"Ž", "z"},
      {"ß", "ß"},
      {"ẞ", "ß"},
      {"ﬁ", "fi"},
      {"ﬀ", "ff"},
      {"æ", "æ"},
      {"Æ", "æ"},
      {"Ø", "ø"},
      {"ø", "ø"},
      {"ł", "ł"},
      {"Ł", "ł"},
      {"İ", "i"},
      {"ı", "ı"},
      {"σ", "σ"},
      {"Σ", "σ"},
      {"ς", "ς"},
      {"ή", "η"},
      {"\u212B", "a"},
      {"\u212A", "k"},
      {"①", "1"},
      {"²", "2"},
      {"½", "12"},
      {"™", "tm"},
      {"…", "..."},
      {"Ａ", "a"},
      {"＿", "_"},
      {"％", ""},
      {"北", "北"},
      {"京", "京"},
      {"人", "人"},
      {"ガ", "カ"},
      {"ｶ", "カ"},
      {"Ж", "ж"},
      {"й", "и"},
      {"ё", "е"},
      {"º", "o"},
      {"😀", ""},
      {"🎬", ""},
      {"\u0301", ""},
      {"\u0308", ""},
      {"\u200D", ""},
      {"\u00A0", " "},
      {"\u2003", " "},
      {"“", ""},
      {"–", ""},
      {"٣", "٣"},
      {"€", ""},
      {"×", ""},
      {"ý", "y"},
      {"á", "a"},
      {"한", "\u1112\u1161\u11AB"},
      {"가", "\u1100\u1161"},
      {"나", "\u1102\u1161"},
      {"난", "\u1102\u1161\u11AB"},
  };
  return letters;
}

std::vector<std::string_view> CodePointsOf(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string FoldByHand(std::string_view text) {
  std::string out;
  for (const std::string_view character : CodePointsOf(text)) {
    if (IsAscii(character)) {
      out += FoldAscii(character[0]);
      continue;
    }
    const auto letter = std::ranges::find(Letters(), character, &Letter::text);
    if (letter == Letters().end()) std::abort();  // the generator left its alphabet
    out += letter->folded;
  }
  return out;
}

std::vector<std::string> FilterWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : FoldByHand(text) + ' ') {
    if (c != ' ') {
      word += c;
      continue;
    }
    if (CodePointsOf(word).size() >= 3) words.push_back(word);
    word.clear();
  }
  return words;
}

bool IsLikePattern(std::string_view pattern) {
  for (size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\' && ++at == pattern.size()) return false;
  }
  return true;
}

bool Like(std::string_view text, std::string_view pattern) {
  return MatchesFrom(CodePointsOf(text), 0, CodePointsOf(pattern), 0, {"%", "_", "\\", true});
}

bool MatchesTopic(std::string_view text, std::string_view pattern) {
  return MatchesFrom(CodePointsOf(text), 0, CodePointsOf(pattern), 0, {"*", "_", "", false});
}

bool IsTopicPattern(std::string_view text) {
  return text.size() >= 3 && text.size() <= 65 && IsAlpha(text[0]) && Only(text, "_.*");
}

bool IsProjectPattern(std::string_view text) {
  return !text.empty() && Only(text.substr(0, 1), "_") && Only(text.substr(text.size() - 1), "_") &&
         Only(text, "_.-");
}

bool IsUserPattern(std::string_view text) {
  return text.size() >= 2 && IsAlnum(text.front()) && IsAlnum(text.back()) && Only(text, "_.-");
}

std::optional<std::string> IdOf(std::string_view text) {
  std::string id;
  for (const char c : text) {
    if (c == '-') continue;
    const char lower = Lower(c);
    if (!IsDigit(lower) && !(lower >= 'a' && lower <= 'f')) return std::nullopt;
    id += lower;
  }
  return id.size() == 32 ? std::optional(id) : std::nullopt;
}

std::optional<int64_t> TimeOf(std::string_view text) {
  const std::string copy(text);
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int used = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) != 3 || used != 10) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_days midnight = date;
  int64_t seconds = int64_t{midnight.time_since_epoch().count()} * 86'400;
  std::string rest = copy.substr(10);
  if (rest.empty()) return seconds * 1'000'000;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (std::sscanf(rest.c_str() + 1, "%2d:%2d:%2d%n", &hour, &minute, &second, &used) != 3 ||
      used != 8 || hour > 23 || minute > 59 || second > 59 || (rest[0] != 'T' && rest[0] != ' ')) {
    return std::nullopt;
  }
  seconds += hour * 3600 + minute * 60 + second;
  rest = rest.substr(9);
  int64_t micros = 0;
  if (rest.starts_with('.')) {
    size_t digits = 1;
    while (digits < rest.size() && IsDigit(rest[digits])) ++digits;
    std::string fraction = rest.substr(1, digits - 1);
    fraction.resize(6, '0');
    micros = std::strtol(fraction.c_str(), nullptr, 10);
    rest = rest.substr(digits);
  }
  if (rest.starts_with('+') || rest.starts_with('-')) {
    int east = 0;
    int extra = 0;
    if (std::sscanf(rest.c_str() + 1, "%2d:%2d", &east, &extra) < 1) return std::nullopt;
    seconds -= (rest[0] == '-' ? -1 : 1) * (east * 3600 + extra * 60);
  } else if (!rest.empty() && rest != "Z") {
    return std::nullopt;
  }
  return seconds * 1'000'000 + micros;
}

std::string IsoTime(int64_t us) {
  using std::chrono::days;
  using std::chrono::microseconds;
  const std::chrono::sys_time<microseconds> time{microseconds(us)};
  const auto midnight = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss clock{time - midnight};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string out = text;
  if (clock.subseconds().count() != 0) {
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(clock.subseconds().count()));
    out += text;
  }
  return out + "+00:00";
}

std::string TimeText(int64_t us) {
  std::string text = IsoTime(us);
  text[10] = ' ';
  text.resize(text.size() - 3);  // the offset without its minutes
  const std::string offset = text.substr(text.size() - 3);
  text.resize(text.size() - 3);
  if (text.find('.') != std::string::npos) {
    while (text.ends_with('0')) text.pop_back();
  }
  return text + offset;
}

namespace {
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string Base64(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (size_t i = 0; i < 4; ++i) {
      out += at + i <= bytes.size() ? kBase64[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

std::optional<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (size_t at = 0; at < text.size(); at += 4) {
    uint32_t group = 0;
    size_t padding = 0;
    for (size_t i = 0; i < 4; ++i) {
      const size_t value = text[at + i] == '=' ? 0 : kBase64.find(text[at + i]);
      if (value == std::string_view::npos) return std::nullopt;
      if (text[at + i] == '=') ++padding;
      group = group << 6 | static_cast<uint32_t>(value);
    }
    for (size_t i = 0; i + padding < 3; ++i) out += static_cast<char>(group >> (16 - 8 * i) & 255);
  }
  return out;
}

}  // namespace cuesheet::oracle
