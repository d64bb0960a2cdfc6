#include "base/find_bytes.h"

#include <cstdint>
#include <cstring>

namespace cuesheet {
namespace {

// True when is_at(position) holds for a part of `text` that begins and ends like `needle`, which is
// not empty, in lower or upper case if `any_case`. Looks at the first and the last byte of sixteen
// parts at once; the compilers turn the vectors into SSE, NEON or wasm SIMD.
template <bool any_case, typename IsAt>
bool FindPart(std::string_view text, std::string_view needle, IsAt is_at) {
  using Bytes16 = uint8_t __attribute__((vector_size(16)));
  using Words2 = uint64_t __attribute__((vector_size(16)));
  if (needle.size() > text.size()) return false;
  const size_t starts = text.size() - needle.size() + 1;
  const auto like = [](const Bytes16& bytes, char c) {
    const auto same = bytes == (Bytes16{} + static_cast<uint8_t>(c));
    if constexpr (!any_case) return same;
    return same | (bytes == (Bytes16{} + static_cast<uint8_t>(UpperAscii(c))));
  };
  const char* const ends = text.data() + needle.size() - 1;
  const auto is_among_sixteen = [&](size_t at) {
    Bytes16 heads;
    Bytes16 tails;
    std::memcpy(&heads, text.data() + at, 16);
    std::memcpy(&tails, ends + at, 16);
    const auto hits =
        reinterpret_cast<Words2>(like(heads, needle.front()) & like(tails, needle.back()));
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
  if (starts >= 16) return is_among_sixteen(starts - 16);  // the rest, and some once more
  for (; at < starts; ++at) {
    if (is_at(at)) return true;
  }
  return false;
}

}  // namespace

bool ContainsBytes(std::string_view text, std::string_view needle) {
  return FindPart<false>(text, needle, [&](size_t at) {
    return text[at] == needle.front() && text[at + needle.size() - 1] == needle.back() &&
           std::memcmp(text.data() + at, needle.data(), needle.size()) == 0;
  });
}

bool ContainsAnyCase(std::string_view text, std::string_view needle) {
  return FindPart<true>(text, needle, [&](size_t at) {
    for (size_t i = 0; i < needle.size(); ++i) {
      if (LowerAscii(text[at + i]) != needle[i]) return false;
    }
    return true;
  });
}

}  // namespace cuesheet
