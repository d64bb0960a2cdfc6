// Rows sorted by creation order, in blocks, so that a first sync that arrives newest first and a
// delete in the middle both cost a block and never the whole list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

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
class RowOrder {
 public:
  template <typename OrderOf>
  void Insert(Row row, OrderOf order_of) {
    const auto key = [&](Row r) { return std::pair(order_of(r), r); };
    if (blocks_.empty() ||
        (blocks_.back().size() == kBlockRows && key(blocks_.back().back()) < key(row))) {
      NewBlock(blocks_.size()).push_back(row);
      return;
    }
    size_t at = BlockOf(key(row), key);
    if (blocks_[at].size() == kBlockRows) at = MakeRoom(at, key(row), key);
    auto& rows = blocks_[at];
    rows.insert(std::ranges::upper_bound(rows, key(row), {}, key), row);
  }

  template <typename OrderOf>
  void Erase(Row row, OrderOf order_of) {
    const auto key = [&](Row r) { return std::pair(order_of(r), r); };
    const size_t at = BlockOf(key(row), key);
    auto& rows = blocks_[at];
    rows.erase(std::ranges::lower_bound(rows, key(row), {}, key));
    if (rows.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  // Calls visit(row) for the rows of the range until it returns false.
  template <typename OrderOf, typename Visit>
  void VisitRange(const OrderRange& range, OrderOf order_of, Visit visit) const {
    const auto key = [&](Row row) { return static_cast<double>(order_of(row)); };
    if (range.newest_first) {
      for (size_t at = BlocksUntil(range.before, key); at-- > 0;) {
        const auto& rows = blocks_[at];
        size_t i = rows.size();
        if (key(rows.back()) >= range.before) {
          i = static_cast<size_t>(std::ranges::lower_bound(rows, range.before, {}, key) -
                                  rows.begin());
        }
        const bool whole = key(rows.front()) > range.after;
        while (i-- > 0) {
          if ((!whole && key(rows[i]) <= range.after) || !visit(rows[i])) return;
        }
      }
      return;
    }
    for (size_t at = FirstBlockAfter(range.after, key); at < blocks_.size(); ++at) {
      const auto& rows = blocks_[at];
      size_t i = 0;
      if (key(rows.front()) <= range.after) {
        i = static_cast<size_t>(std::ranges::upper_bound(rows, range.after, {}, key) -
                                rows.begin());
      }
      const bool whole = key(rows.back()) < range.before;
      for (; i < rows.size(); ++i) {
        if ((!whole && key(rows[i]) >= range.before) || !visit(rows[i])) return;
      }
    }
  }

  bool empty() const { return blocks_.empty(); }
  Row back() const { return blocks_.back().back(); }

 private:
  static constexpr size_t kBlockRows = 512;

  std::vector<Row>& NewBlock(size_t at) {
    auto& rows = *blocks_.emplace(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
    rows.reserve(kBlockRows);
    return rows;
  }

  // The block that holds, or would hold, a key. There is at least one block.
  template <typename Key, typename KeyOf>
  size_t BlockOf(const Key& key, KeyOf key_of) const {
    const auto after = std::ranges::upper_bound(
        blocks_, key, {}, [&](const std::vector<Row>& rows) { return key_of(rows.front()); });
    return after == blocks_.begin() ? 0 : static_cast<size_t>(after - blocks_.begin()) - 1;
  }

  // Splits a full block; returns the block to which the key now belongs.
  template <typename Key, typename KeyOf>
  size_t MakeRoom(size_t at, const Key& key, KeyOf key_of) {
    if (key < key_of(blocks_[at].front())) {  // a new block in front: full blocks stay full
      NewBlock(at);
      return at;
    }
    auto& upper = NewBlock(at + 1);
    auto& lower = blocks_[at];
    const auto middle = lower.begin() + kBlockRows / 2;
    upper.assign(middle, lower.end());
    lower.erase(middle, lower.end());
    return key < key_of(upper.front()) ? at : at + 1;
  }

  // The number of blocks that begin before `before`.
  template <typename KeyOf>
  size_t BlocksUntil(double before, KeyOf key_of) const {
    const auto end = std::ranges::lower_bound(
        blocks_, before, {}, [&](const std::vector<Row>& rows) { return key_of(rows.front()); });
    return static_cast<size_t>(end - blocks_.begin());
  }

  // The first block that ends after `after`.
  template <typename KeyOf>
  size_t FirstBlockAfter(double after, KeyOf key_of) const {
    const auto first = std::ranges::upper_bound(
        blocks_, after, {}, [&](const std::vector<Row>& rows) { return key_of(rows.back()); });
    return static_cast<size_t>(first - blocks_.begin());
  }

  std::vector<std::vector<Row>> blocks_;  // sorted, none empty
};

}  // namespace cuesheet
