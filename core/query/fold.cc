#include "query/fold.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace cuesheet {
namespace {

struct KeptRange {
  uint32_t first, last;
};
struct Mapping {
  uint32_t point : 21;
  uint32_t size : 11;
  uint32_t offset;
  constexpr Mapping(uint32_t p, uint32_t o, uint32_t s) : point(p & 0x1FFFFF), size(s & 0x7FF), offset(o) {}
};

#include "query/fold_table.inc"

// What each ASCII character becomes; 0 = dropped.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = c;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<size_t>(c)] = static_cast<char>(c + 32);
  for (char c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = c;
  for (const char c : std::string_view(" ,./\\;:!|*^#@~+-_=")) table[static_cast<size_t>(c)] = c;
  return table;
}();

// One UTF-8 character; returns its size in bytes, 0 when the bytes are not UTF-8.
size_t Decode(std::string_view text, uint32_t& point) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (size == 0 || size > text.size()) return 0;
  point = lead & (0xFFU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xC0) != 0x80) return 0;
    point = point << 6 | (c & 0x3F);
  }
  return size;
}

void AppendThreeBytes(std::string& out, uint32_t point) {
  out += static_cast<char>(0xE0 | point >> 12);
  out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
  out += static_cast<char>(0x80 | (point & 0x3F));
}

// Hangul syllables decompose by arithmetic (Unicode 3.12).
void AppendHangul(std::string& out, uint32_t point) {
  const uint32_t index = point - 0xAC00;
  AppendThreeBytes(out, 0x1100 + index / 588);
  AppendThreeBytes(out, 0x1161 + index % 588 / 28);
  if (index % 28 != 0) AppendThreeBytes(out, 0x11A7 + index % 28);
}

void AppendFolded(std::string& out, uint32_t point, std::string_view raw) {
  if (point >= 0xAC00 && point <= 0xD7A3) {
    AppendHangul(out, point);
    return;
  }
  const auto* range = std::ranges::upper_bound(kKeptRanges, point, {}, &KeptRange::first);
  if (range != std::begin(kKeptRanges) && point <= std::prev(range)->last) {
    out += raw;
    return;
  }
  const auto* mapping = std::lower_bound(
      std::begin(kMappings), std::end(kMappings), point,
      [](const Mapping& entry, uint32_t wanted) { return entry.point < wanted; });
  if (mapping == std::end(kMappings) || mapping->point != point) return;
  out.append(reinterpret_cast<const char*>(kFoldedText) + mapping->offset, mapping->size);
}

}  // namespace

std::string Fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      if (kAscii[c] != 0) out += kAscii[c];
      ++i;
      continue;
    }
    uint32_t point = 0;
    const size_t size = Decode(text.substr(i), point);
    if (size != 0) AppendFolded(out, point, text.substr(i, size));
    i += std::max<size_t>(size, 1);
  }
  return out;
}

}  // namespace cuesheet
