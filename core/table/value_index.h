// Rows by the hash of a value that many rows share. The rows of a bucket form a ring, and the
// bucket points at the newest one. Adding a row and removing the oldest one cost the same at any
// size.
#pragma once

#include <cstdint>
#include <vector>

#include "table/column.h"
#include "table/row_index.h"

namespace cuesheet {

class ValueIndex {
 public:
  // `hash_of(row)` is called for rows that the index has, when it grows.
  template <typename HashOf>
  void Insert(uint64_t hash, Row row, HashOf hash_of) {
    if (row >= next_.size()) next_.resize(row + 1, kNoRow);
    if (size_ + 1 > newest_.size() * 2) Grow(hash_of);
    Link(hash, row);
    ++size_;
  }

  // Of the new list, when the next Insert() makes one; else 0.
  size_t BytesOfGrowth() const {
    return size_ + 1 > newest_.size() * 2 ? newest_.size() * 2 * sizeof(Row) : 0;
  }

  void Erase(uint64_t hash, Row row) {
    Row& newest = newest_[Bucket(hash)];
    Row before = newest;
    while (next_[before] != row) before = next_[before];
    next_[before] = next_[row];
    if (newest == row) newest = before == row ? kNoRow : before;
    --size_;
  }

  // Calls visit(row) for every row of the bucket: those with this hash, and perhaps others.
  template <typename Visit>
  void VisitBucket(uint64_t hash, Visit visit) const {
    if (newest_.empty()) return;
    const Row newest = newest_[Bucket(hash)];
    if (newest == kNoRow) return;
    Row row = newest;
    do {
      row = next_[row];
      visit(row);
    } while (row != newest);
  }

 private:
  size_t Bucket(uint64_t hash) const { return static_cast<size_t>(hash) & (newest_.size() - 1); }

  void Link(uint64_t hash, Row row) {
    Row& newest = newest_[Bucket(hash)];
    if (newest == kNoRow) {
      next_[row] = row;
    } else {
      next_[row] = next_[newest];
      next_[newest] = row;
    }
    newest = row;
  }

  template <typename HashOf>
  void Grow(HashOf hash_of) {
    std::vector<Row> old(newest_.empty() ? 16 : newest_.size() * 2, kNoRow);
    old.swap(newest_);
    for (const Row newest : old) {
      if (newest == kNoRow) continue;
      Row row = next_[newest];
      for (bool last = false; !last;) {
        last = row == newest;
        const Row next = next_[row];
        Link(hash_of(row), row);
        row = next;
      }
    }
  }

  std::vector<Row> newest_;  // a power of two of them
  Column<Row> next_;         // by row
  size_t size_ = 0;
};

}  // namespace cuesheet
