#include "base/json_canonical.h"

#include <cstdint>

#include "base/json.h"
#include "base/json_text.h"
#include "base/utf8.h"

namespace cuesheet {
namespace {

// A decimal of up to this many digits survives the way to a double and back, so its text is
// canonical without a test. Longer ones are left to the parser.
constexpr size_t kExactDigits = 15;
// A number with more zeros after the point prints with an exponent.
constexpr size_t kMaxLeadingZeros = 3;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class CanonicalScanner {
 public:
  explicit CanonicalScanner(std::string_view text) : text_(text) {}

  // Each takes the position of a value's first character and returns the one after its last.
  size_t Value(size_t at, size_t depth) const {
    switch (Peek(at)) {
      case '"':
        return String(at);
      case '{':
        return depth == kMaxJsonDepth ? kNotCanonical : Object(at, depth + 1);
      case '[':
        return depth == kMaxJsonDepth ? kNotCanonical : Array(at, depth + 1);
      case 't':
        return Word(at, "true");
      case 'f':
        return Word(at, "false");
      case 'n':
        return Word(at, "null");
      default:
        return Number(at);
    }
  }

 private:
  char Peek(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  size_t Word(size_t at, std::string_view word) const {
    return text_.substr(at, word.size()) == word ? at + word.size() : kNotCanonical;
  }

  size_t String(size_t at) const {
    for (++at; at < text_.size();) {
      at = SkipPlainJson(text_, at);
      const char c = Peek(at);
      if (c == '"') return at + 1;
      const size_t size = c == '\\' ? EscapeSize(at) : Utf8Size(text_.substr(at));
      if (size == 0 || static_cast<uint8_t>(c) < 0x20) return kNotCanonical;
      at += size;
    }
    return kNotCanonical;
  }

  // 0 for an escape that CanonicalText does not write.
  size_t EscapeSize(size_t at) const {
    const char kind = Peek(at + 1);
    if (kind == '"' || kind == '\\') return 2;
    if (kind == 'b' || kind == 'f' || kind == 'n' || kind == 'r' || kind == 't') return 2;
    const char high = Peek(at + 4);
    const char low = Peek(at + 5);
    if (text_.substr(at, 4) != "\\u00" || (high != '0' && high != '1')) return 0;
    if (!IsDigit(low) && (low < 'a' || low > 'f')) return 0;
    const bool has_short_form =
        high == '0' && (low == '8' || low == '9' || low == 'a' || low == 'c' || low == 'd');
    return has_short_form ? 0 : 6;
  }

  size_t Number(size_t at) const {
    if (Peek(at) == '-') ++at;
    const size_t whole = at;
    while (IsDigit(Peek(at))) ++at;
    const size_t digits = at - whole;
    const bool is_zero = text_.substr(whole, digits) == "0";
    if (digits == 0 || (text_[whole] == '0' && !is_zero)) return kNotCanonical;
    if (Peek(at) != '.') {
      const bool is_negative_zero = is_zero && whole > 0 && text_[whole - 1] == '-';
      // 18 digits fit into 64 bits whatever they are.
      const bool is_exact = digits <= 18 && Peek(at) != 'e' && Peek(at) != 'E';
      return is_exact && !is_negative_zero ? at : kNotCanonical;
    }
    const size_t fraction = ++at;
    while (IsDigit(Peek(at))) ++at;
    const size_t places = at - fraction;
    if (places == 0 || digits + places > kExactDigits) return kNotCanonical;
    if (Peek(at) == 'e' || Peek(at) == 'E') return kNotCanonical;
    if (places > 1 && text_[at - 1] == '0') return kNotCanonical;
    size_t zeros = 0;
    while (zeros < places && text_[fraction + zeros] == '0') ++zeros;
    return is_zero && places > 1 && zeros > kMaxLeadingZeros ? kNotCanonical : at;
  }

  size_t Array(size_t at, size_t depth) const {
    if (Peek(++at) == ']') return at + 1;
    for (;;) {
      at = Value(at, depth);
      if (at == kNotCanonical) return at;
      if (Peek(at) == ']') return at + 1;
      if (Peek(at++) != ',') return kNotCanonical;
    }
  }

  // Keys in ascending order, each once.
  size_t Object(size_t at, size_t depth) const {
    if (Peek(++at) == '}') return at + 1;
    std::string_view last;
    for (bool first = true;; first = false) {
      if (Peek(at) != '"') return kNotCanonical;
      const size_t end = String(at);
      if (end == kNotCanonical || Peek(end) != ':') return kNotCanonical;
      const std::string_view key = text_.substr(at + 1, end - at - 2);
      // Sorting compares the keys without their escapes, which would have to be undone first.
      if (key.find('\\') != std::string_view::npos || (!first && key <= last)) {
        return kNotCanonical;
      }
      last = key;
      at = Value(end + 1, depth);
      if (at == kNotCanonical) return at;
      if (Peek(at) == '}') return at + 1;
      if (Peek(at++) != ',') return kNotCanonical;
    }
  }

  std::string_view text_;
};

}  // namespace

size_t CanonicalEnd(std::string_view text, size_t at, size_t depth) {
  return CanonicalScanner(text).Value(at, depth);
}

}  // namespace cuesheet
