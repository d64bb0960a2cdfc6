#include "base/find_bytes.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace cuesheet {
namespace {

// How common a byte is in the searched texts: hex ids and JSON's quotes are everywhere. Looking for
// the rarest bytes first leaves few places to compare in full.
constexpr std::array<uint8_t, 256> kCommonness = [] {
  std::array<uint8_t, 256> table{};
  for (const char c : std::string_view("ghijklmnopqrstuvwxyz ")) table[static_cast<uint8_t>(c)] = 1;
  for (const char c : std::string_view("0123456789abcdef\"")) table[static_cast<uint8_t>(c)] = 2;
  return table;
}();

int Commonness(char c) { return kCommonness[static_cast<uint8_t>(c)]; }

// True when is_at(position) holds for a part of `text` whose bytes at the places of the needle's
// two rarest bytes equal those (in either case if `any_case`). `needle` is not empty. Sixteen parts
// are compared at once; the compilers turn the vectors into SSE, NEON or wasm SIMD.
template <bool any_case, typename IsAt>
bool FindPart(std::string_view text, const Needle& needle, IsAt is_at) {
  using Bytes16 = uint8_t __attribute__((vector_size(16)));
  using Words2 = uint64_t __attribute__((vector_size(16)));
  if (needle.text.size() > text.size()) return false;
  const size_t starts = text.size() - needle.text.size() + 1;
  const auto like = [](const Bytes16& bytes, char c) {
    const auto same = bytes == (Bytes16{} + static_cast<uint8_t>(c));
    if constexpr (!any_case) return same;
    return same | (bytes == (Bytes16{} + static_cast<uint8_t>(UpperAscii(c))));
  };
  const auto is_among_sixteen = [&](size_t at) {
    Bytes16 heads;
    Bytes16 tails;
    std::memcpy(&heads, text.data() + at + needle.first, 16);
    std::memcpy(&tails, text.data() + at + needle.last, 16);
    const auto hits = reinterpret_cast<Words2>(like(heads, needle.text[needle.first]) &
                                               like(tails, needle.text[needle.last]));
    if ((hits[0] | hits[1]) == 0) return false;
    for (size_t i = at; i < at + 16; ++i) {
      if (is_at(i)) return true;
    }
    return false;
  };
  size_t at = 0;
  for (; at + 16 <= starts; at += 16) {
    if (is_among_sixteen(at)) return true;
  }
  if (at == starts) return false;
  // The rest; some parts are compared twice.
  if (starts >= 16) return is_among_sixteen(starts - 16);
  for (; at < starts; ++at) {
    if (is_at(at)) return true;
  }
  return false;
}

}  // namespace

Needle::Needle(std::string_view needle) : text(needle), last(needle.size() - 1) {
  int least = Commonness(text[first]);
  for (size_t i = 1; i < text.size() && least > 0; ++i) {
    const int commonness = Commonness(text[i]);
    if (commonness < least) {
      first = i;
      least = commonness;
    }
  }
  least = Commonness(text[last]);
  for (size_t i = last; i-- > 0 && least > 0;) {
    const int commonness = Commonness(text[i]);
    if (i != first && commonness < least) {
      last = i;
      least = commonness;
    }
  }
}

bool ContainsBytes(std::string_view text, const Needle& needle) {
  return FindPart<false>(text, needle, [&](size_t at) {
    return text[at + needle.first] == needle.text[needle.first] &&
           std::memcmp(text.data() + at, needle.text.data(), needle.text.size()) == 0;
  });
}

bool ContainsAnyCase(std::string_view text, const Needle& needle) {
  return FindPart<true>(text, needle, [&](size_t at) {
    for (size_t i = 0; i < needle.text.size(); ++i) {
      if (LowerAscii(text[at + i]) != needle.text[i]) return false;
    }
    return true;
  });
}

}  // namespace cuesheet
