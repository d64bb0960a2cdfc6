#include "event/description_rules.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/uuid.h"

namespace cuesheet {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsLetter(char c) { return IsUpper(c) || IsLower(c); }
bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }

// The character at a position that may be past the end.
char At(std::string_view text, size_t at) { return at < text.size() ? text[at] : '\0'; }

// A long run like those of keys and tokens: with digits, and either hex only or in both cases.
// Names of shots and versions have one case, so they do not match.
bool IsCredential(std::string_view text, size_t min_size) {
  bool digit = false;
  bool upper = false;
  bool lower = false;
  bool hex = true;
  size_t size = 0;
  for (; size < text.size(); ++size) {
    const char c = text[size];
    if (!IsAlnum(c) && std::string_view("+/=_-.").find(c) == kNone) break;
    digit |= IsDigit(c);
    upper |= IsUpper(c);
    lower |= IsLower(c);
    hex &= IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
  return size >= min_size && digit && (hex || (upper && lower));
}

// What follows `password=` or the like: false for nothing, for a mask or a placeholder (`***`,
// `<hidden>`, `$TOKEN`), and where `prose` is possible for two words ("token: signature mismatch").
bool IsGiven(std::string_view value, bool prose) {
  if (std::string_view(" *<[({$").find(At(value, 0)) != kNone) return false;
  bool given = false;
  size_t size = 0;
  for (; size < value.size() && value[size] != ' '; ++size) {
    given |= IsAlnum(value[size]);
    prose &= IsLetter(value[size]);
  }
  return given && !(prose && IsLetter(At(value, size + 1)));
}

}  // namespace

bool HasSecondLine(std::string_view text) {
  const size_t end = std::min(text.find_first_of("\r\n"), text.size());
  return text.find_first_not_of("\r\n", end) != kNone;
}

bool HasId(std::string_view text) {
  for (size_t i = 0; i + 32 <= text.size(); ++i) {
    if (i > 0 && IsAlnum(text[i - 1])) continue;
    const size_t size = At(text, i + 8) == '-' ? 36 : 32;
    if (!IsAlnum(At(text, i + size)) && Uuid::ParseLenient(text.substr(i, size))) return true;
  }
  return false;
}

bool HasSecret(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kWords = {
      "password",    "passwd",  "passphrase", "secret", "secret key", "access key",
      "private key", "api key", "apikey",     "token",  "bearer"};
  std::string plain(text);  // `API_Key` as `api key`
  for (char& c : plain) {
    if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
    if (c == '_' || c == '-') c = ' ';
  }
  for (const std::string_view word : kWords) {
    for (size_t at = plain.find(word); at != kNone; at = plain.find(word, at)) {
      at += word.size();
      const size_t next = text.find_first_not_of("\"' ", at);
      if (next == kNone) break;
      if (text[next] != '=' && text[next] != ':') {
        const size_t min_size = word == "bearer" ? 8 : 16;
        if (next > at && IsCredential(text.substr(next), min_size)) return true;
        continue;
      }
      const size_t value = text.find_first_not_of("\"' ", next + 1);
      if (value == kNone) break;
      if (IsGiven(text.substr(value), text[next] == ':' && text[value - 1] == ' ')) return true;
    }
  }
  return false;
}

}  // namespace cuesheet
