#include "base/fold.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace cuesheet {
namespace {

// A run of letters or digits that folding does not change.
struct KeptRange {
  uint32_t first;
  uint16_t more;
};
// Where in kStream the mapping of a code point begins; one entry for every 32 mappings.
struct IndexEntry {
  uint32_t point;
  uint32_t offset;
};

#include "base/fold_table.inc"

// What each ASCII character becomes; 0 = dropped.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> table{};
  constexpr std::string_view kKept = "abcdefghijklmnopqrstuvwxyz0123456789 ,./\\;:!|*^#@~+-_=";
  for (const char c : kKept) table[static_cast<unsigned char>(c)] = c;
  for (size_t i = 'A'; i <= 'Z'; ++i) table[i] = static_cast<char>(i + 32);
  return table;
}();

// One character beyond ASCII; returns its size in bytes, 0 when the bytes are not UTF-8.
size_t Decode(std::string_view text, uint32_t& point) {
  const size_t size = Utf8Size(text);
  if (size == 0) return 0;
  point = static_cast<unsigned char>(text[0]) & (0xFFU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return size;
}

uint32_t TakeVarint(const unsigned char*& at) {
  uint32_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    value |= (*at & 0x7FU) << shift;
    if (*at++ < 0x80) return value;
  }
}

// What a code point folds to; empty when it is dropped.
std::string_view MappingOf(uint32_t point) {
  const auto* entry = std::ranges::upper_bound(kIndex, point, {}, &IndexEntry::point);
  if (entry == std::begin(kIndex)) return {};
  const unsigned char* end =
      entry == std::end(kIndex) ? std::end(kStream) : kStream + entry->offset;
  --entry;
  uint32_t current = entry->point;
  for (const unsigned char* at = kStream + entry->offset; at < end;) {
    current += TakeVarint(at);
    const uint32_t size = TakeVarint(at);
    if (current == point) return {reinterpret_cast<const char*>(at), size};
    if (current > point) return {};
    at += size;
  }
  return {};
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
  if (range != std::begin(kKeptRanges)) {
    --range;
    if (point - range->first <= range->more) {
      out += raw;
      return;
    }
  }
  out += MappingOf(point);
}

}  // namespace

std::string Fold(std::string_view text) {
  std::string out;
  FoldInto(out, text);
  return out;
}

void FoldInto(std::string& out, std::string_view text) {
  out.clear();
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
}

}  // namespace cuesheet
