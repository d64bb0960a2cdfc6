// One value for each row, in pages. Growing copies no more than the first page, and asks for no
// large piece of memory: a list that doubles would need as much again at the moment when a store
// is nearly full (docs/storage.md, Memory).
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cuesheet {

template <typename T>
class Column {
 public:
  static constexpr size_t kPageBits = 13;
  static constexpr size_t kPageRows = size_t{1} << kPageBits;

  size_t size() const { return size_; }
  // Of the page that the next new row opens; 0 = it has room in the last one.
  size_t RowsOfGrowth() const {
    if (size_ >= kPageRows) return (size_ & kMask) == 0 ? kPageRows : 0;
    return size_ < first_rows_ ? 0 : std::max(kFirstRows, first_rows_ * 2);
  }
  T& operator[](size_t row) { return pages_[row >> kPageBits][row & kMask]; }
  const T& operator[](size_t row) const { return pages_[row >> kPageBits][row & kMask]; }

  void push_back(const T& value) {
    if (NeedsRoom()) MakeRoom();
    Append(value);
  }
  // For columns that grow together: one asks, then all make room, then all append.
  bool NeedsRoom() const { return size_ < kPageRows ? size_ == first_rows_ : (size_ & kMask) == 0; }
  // There must be room.
  void Append(const T& value) { (*this)[size_++] = value; }
  // New rows at the end have this value; it never shrinks.
  void resize(size_t size, const T& value = T()) {
    while (size_ < size) push_back(value);
  }

  // The first page grows with a small store; every other page is whole from the beginning. Only
  // when NeedsRoom().
  void MakeRoom() {
    const size_t rows = RowsOfGrowth();
    if (size_ >= kPageRows) {
      pages_.push_back(std::make_unique_for_overwrite<T[]>(rows));
      return;
    }
    first_rows_ = rows;
    auto page = std::make_unique_for_overwrite<T[]>(first_rows_);
    if (size_ > 0) std::copy_n(pages_.front().get(), size_, page.get());
    if (pages_.empty()) pages_.emplace_back();
    pages_.front() = std::move(page);
  }

 private:
  static constexpr size_t kMask = kPageRows - 1;
  static constexpr size_t kFirstRows = 16;

  std::vector<std::unique_ptr<T[]>> pages_;
  size_t size_ = 0;
  size_t first_rows_ = 0;  // the room of the first page
};

}  // namespace cuesheet
