// Rows sorted by creation order, in blocks, so that a first sync that arrives newest first and a
// delete in the middle both cost a block and never the whole list. Each block has a summary.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "table/block_summary.h"
#include "table/row_index.h"

namespace cuesheet {

// Creation orders strictly between the two (cursors are floating point, protocol.md 6.5), and the
// direction in which they are visited.
struct OrderRange {
  double after = -std::numeric_limits<double>::infinity();
  double before = std::numeric_limits<double>::infinity();
  bool newest_first = false;
};

// `order_of(row)` is the row's creation order; it must not change while the row is in the list.
// `add(summary, row)` adds a row to the summary of its block.
class RowOrder {
 public:
  class Walk;

  template <typename OrderOf, typename Add>
  void Insert(Row row, OrderOf order_of, Add add) {
    const auto key = [&](Row r) { return std::pair(order_of(r), r); };
    if (blocks_.empty() ||
        (blocks_.back().rows.size() == kBlockRows && key(blocks_.back().rows.back()) < key(row))) {
      Block& block = NewBlock(blocks_.size());
      block.rows.push_back(row);
      add(block.summary, row);
      return;
    }
    size_t at = BlockOf(key(row), key);
    if (blocks_[at].rows.size() == kBlockRows) at = MakeRoom(at, key(row), key, add);
    auto& rows = blocks_[at].rows;
    rows.insert(std::ranges::upper_bound(rows, key(row), {}, key), row);
    add(blocks_[at].summary, row);
  }

  // `drop(summary, row)` takes from the summary what is counted there.
  template <typename OrderOf, typename Drop>
  void Erase(Row row, OrderOf order_of, Drop drop) {
    const auto key = [&](Row r) { return std::pair(order_of(r), r); };
    const size_t at = BlockOf(key(row), key);
    auto& rows = blocks_[at].rows;
    rows.erase(std::ranges::lower_bound(rows, key(row), {}, key));
    drop(blocks_[at].summary, row);
    if (rows.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  // Of the block that has the row.
  template <typename OrderOf>
  BlockSummary& SummaryOf(Row row, OrderOf order_of) {
    const auto key = [&](Row r) { return std::pair(order_of(r), r); };
    // Most events that change are among the newest.
    if (!(key(row) < key(blocks_.back().rows.front()))) return blocks_.back().summary;
    return blocks_[BlockOf(key(row), key)].summary;
  }

  bool empty() const { return blocks_.empty(); }
  Row back() const { return blocks_.back().rows.back(); }

 private:
  static constexpr size_t kBlockRows = 512;
  static_assert(kBlockRows <= std::numeric_limits<uint16_t>::max());  // counts of a summary

  struct Block {
    std::vector<Row> rows;
    BlockSummary summary;
  };

  Block& NewBlock(size_t at) {
    Block& block = *blocks_.emplace(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
    block.rows.reserve(kBlockRows);
    return block;
  }

  // The block that holds, or would hold, a key. There is at least one block.
  template <typename Key, typename KeyOf>
  size_t BlockOf(const Key& key, KeyOf key_of) const {
    const auto after = std::ranges::upper_bound(
        blocks_, key, {}, [&](const Block& block) { return key_of(block.rows.front()); });
    return after == blocks_.begin() ? 0 : static_cast<size_t>(after - blocks_.begin()) - 1;
  }

  // Splits a full block; returns the block to which the key now belongs.
  template <typename Key, typename KeyOf, typename Add>
  size_t MakeRoom(size_t at, const Key& key, KeyOf key_of, Add add) {
    if (key < key_of(blocks_[at].rows.front())) {  // a new block in front: full blocks stay full
      NewBlock(at);
      return at;
    }
    Block& upper = NewBlock(at + 1);
    Block& lower = blocks_[at];
    const auto middle = lower.rows.begin() + kBlockRows / 2;
    upper.rows.assign(middle, lower.rows.end());
    lower.rows.erase(middle, lower.rows.end());
    for (Block* block : {&lower, &upper}) {
      block->summary = {};
      for (const Row row : block->rows) add(block->summary, row);
    }
    return key < key_of(upper.rows.front()) ? at : at + 1;
  }

  std::vector<Block> blocks_;  // sorted, none empty
};

// The blocks that have rows of a range, one after the other in its direction. The order must not
// change meanwhile.
class RowOrder::Walk {
 public:
  template <typename OrderOf>
  Walk(const RowOrder& order, const OrderRange& range, OrderOf order_of)
      : blocks_(order.blocks_), is_backwards_(range.newest_first), end_(blocks_.size()) {
    const auto key = [&](Row row) { return static_cast<double>(order_of(row)); };
    const auto front = [&](const Block& block) { return key(block.rows.front()); };
    const auto back = [&](const Block& block) { return key(block.rows.back()); };
    const auto first = std::ranges::upper_bound(blocks_, range.after, {}, back);
    const auto last = std::ranges::lower_bound(blocks_, range.before, {}, front);
    begin_ = static_cast<size_t>(first - blocks_.begin());
    end_ = static_cast<size_t>(last - blocks_.begin());
    if (begin_ >= end_) return;
    const auto& oldest = blocks_[begin_].rows;
    const auto& newest = blocks_[end_ - 1].rows;
    passed_ = std::ranges::upper_bound(oldest, range.after, {}, key) - oldest.begin();
    left_ = newest.end() - std::ranges::lower_bound(newest, range.before, {}, key);
    at_ = is_backwards_ ? end_ : begin_ - 1;
  }

  // False = there are no more. The first call goes to the first block.
  bool Next() {
    if (begin_ >= end_) return false;
    at_ += is_backwards_ ? size_t{0} - 1 : 1;
    return at_ - begin_ < end_ - begin_;
  }

  // Whether Next() was not called yet.
  bool is_before() const { return at_ == (is_backwards_ ? end_ : begin_ - 1); }
  const BlockSummary& summary() const { return blocks_[at_].summary; }
  // Those of the range, by creation order. Perhaps none.
  std::span<const Row> rows() const {
    const auto& rows = blocks_[at_].rows;
    const auto from = rows.begin() + (at_ == begin_ ? passed_ : 0);
    const auto to = rows.end() - (at_ + 1 == end_ ? left_ : 0);
    return from < to ? std::span(from, to) : std::span<const Row>();
  }

 private:
  const std::vector<Block>& blocks_;
  bool is_backwards_;
  size_t begin_ = 0;
  size_t end_;
  size_t at_ = 0;
  std::ptrdiff_t passed_ = 0;  // rows of the oldest block that are before the range
  std::ptrdiff_t left_ = 0;    // rows of the newest block that are behind it
};

}  // namespace cuesheet
