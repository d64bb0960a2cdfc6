// Substring search over many short texts, sixteen bytes at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace cuesheet {

// True when `needle`, not empty, is a part of `text`. Compares the first and the last byte of the
// needle at sixteen positions at once; the compilers turn the vectors into SSE, NEON or wasm SIMD.
inline bool ContainsBytes(std::string_view text, std::string_view needle) {
  using Bytes16 = uint8_t __attribute__((vector_size(16)));
  using Words2 = uint64_t __attribute__((vector_size(16)));
  if (needle.size() > text.size()) return false;
  const size_t starts = text.size() - needle.size() + 1;
  const auto splat = [](char c) { return Bytes16{} + static_cast<uint8_t>(c); };
  const Bytes16 first = splat(needle.front());
  const Bytes16 last = splat(needle.back());
  const char* const end = text.data() + needle.size() - 1;
  size_t at = 0;
  for (; at + 16 <= starts; at += 16) {
    Bytes16 heads;
    Bytes16 tails;
    std::memcpy(&heads, text.data() + at, 16);
    std::memcpy(&tails, end + at, 16);
    const auto hits = reinterpret_cast<Words2>((heads == first) & (tails == last));
    if ((hits[0] | hits[1]) == 0) continue;
    for (size_t i = at; i < at + 16; ++i) {
      if (std::memcmp(text.data() + i, needle.data(), needle.size()) == 0) return true;
    }
  }
  for (; at < starts; ++at) {
    if (text[at] == needle.front() &&
        std::memcmp(text.data() + at, needle.data(), needle.size()) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace cuesheet
