// A hash index from a key to a row. It stores row numbers only (4 bytes a slot); the keys stay in
// their columns, which saves memory (docs/benchmarks.md, memory an event).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cuesheet {

using Row = uint32_t;
inline constexpr Row kNoRow = UINT32_MAX;
inline constexpr Row kMaxRows = UINT32_MAX - 1;  // RowIndex has a mark of its own above

class RowIndex {
 public:
  // The row with this hash for which `matches(row)` holds, else kNoRow.
  template <typename Matches>
  Row Find(uint64_t hash, Matches matches) const {
    if (slots_.empty()) return kNoRow;
    for (size_t at = Home(hash);; at = Next(at)) {
      const Row row = slots_[at];
      if (row == kNoRow) return kNoRow;
      if (row != kErased && matches(row)) return row;
    }
  }

  // `hash_of(row)` returns the hash of a row that the index has; it is needed when the index grows.
  template <typename HashOf>
  void Insert(uint64_t hash, Row row, HashOf hash_of) {
    if ((used_ + 1) * 8 > slots_.size() * 5) Grow(hash_of);
    Place(hash, row);
  }

  void Erase(uint64_t hash, Row row) {
    for (size_t at = Home(hash);; at = Next(at)) {
      if (slots_[at] == kNoRow) return;
      if (slots_[at] == row) {
        slots_[at] = kErased;
        --live_;
        return;
      }
    }
  }

  size_t size() const { return live_; }
  // Of the new list, when the next Insert() makes one; else 0.
  size_t BytesOfGrowth() const {
    return (used_ + 1) * 8 > slots_.size() * 5 ? SizeFor(live_ + 1) * sizeof(Row) : 0;
  }

 private:
  static constexpr Row kErased = UINT32_MAX - 1;

  size_t Home(uint64_t hash) const { return static_cast<size_t>(hash) & (slots_.size() - 1); }
  size_t Next(size_t at) const { return (at + 1) & (slots_.size() - 1); }

  void Place(uint64_t hash, Row row) {
    size_t at = Home(hash);
    while (slots_[at] != kNoRow) at = Next(at);
    slots_[at] = row;
    ++used_;
    ++live_;
  }

  static size_t SizeFor(size_t rows) {
    size_t size = 16;
    while (size * 5 < rows * 8 * 3 / 2) size *= 2;
    return size;
  }

  template <typename HashOf>
  void Grow(HashOf hash_of) {
    std::vector<Row> old(SizeFor(live_ + 1), kNoRow);
    old.swap(slots_);
    used_ = live_ = 0;
    for (const Row row : old) {
      if (row != kNoRow && row != kErased) Place(hash_of(row), row);
    }
  }

  std::vector<Row> slots_;  // a power of two of them
  size_t used_ = 0;         // slots that are not kNoRow
  size_t live_ = 0;
};

}  // namespace cuesheet
