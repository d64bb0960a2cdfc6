// How much memory a store may use, and what still has room in it (docs/storage.md, Memory). The
// host counts the bytes in use and says how many there may be; this decides what is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace cuesheet {

struct MemoryLimits {
  uint64_t budget = 0;    // bytes that the store may use; 0 = as many as there are
  uint64_t capacity = 0;  // bytes that there are; 0 = unknown
};

// The reserve is what new events must leave free: reads, updates, removals, commits and checkpoints
// need some memory, and make room for new events.
inline constexpr uint64_t kReserveShare = 8;           // an eighth of the budget,
inline constexpr uint64_t kMinReserveBytes = 8 << 20;  // at least this
inline constexpr uint64_t kMinBudgetBytes = 32 << 20;  // a smaller one counts as this
// An update that makes an event longer by no more than this may use the first half of the reserve.
inline constexpr uint64_t kSmallGrowthBytes = 4 << 10;
// What an event takes beside its texts: columns, indexes, order, its parts of other lists.
inline constexpr uint64_t kEventBytes = 192;
// What a removal takes until its change is committed and passed on.
inline constexpr uint64_t kRemovalBytes = 1 << 10;

class MemoryBudget {
 public:
  explicit MemoryBudget(const MemoryLimits& limits);

  // Bytes in use now. The host reports them before each call.
  void NoteUse(uint64_t bytes) { used_ = bytes; }
  // So many more are in use, until the host reports again.
  void Take(uint64_t bytes) { used_ += bytes; }
  // The store is open: what it needs for that it may use, whatever the budget says.
  void NoteOpened();

  bool is_bounded() const { return budget_ > 0; }
  uint64_t budget() const { return budget_; }
  uint64_t reserve() const { return reserve_; }
  uint64_t used() const { return used_; }
  // Bytes that new events may still take.
  uint64_t room() const;

  // Each fails with kQuota, in a sentence, when there is no room.
  // A new event, or an update with much more text.
  Result<void> CheckNew(uint64_t bytes) const;
  // An update that makes an event longer by so much; 0 is always possible.
  Result<void> CheckGrowth(uint64_t bytes) const;
  // A list that is made of many events, and given up again. It may use most of the reserve.
  Result<void> CheckWork(uint64_t bytes) const;
  bool HasRoomForWork(uint64_t bytes) const {
    return !is_bounded() || bytes <= reserve_ / 4 || used_ + bytes <= budget_ - reserve_ / 4;
  }
  // A part of the journal or of a checkpoint that is read when the store is opened.
  Result<void> CheckLoad(uint64_t bytes, uint64_t events) const;
  // How many events one call may remove; at least 1,000, and `wanted` where nothing is bounded.
  size_t Removals(size_t wanted) const;

 private:
  uint64_t budget_ = 0;
  uint64_t capacity_ = 0;
  uint64_t reserve_ = 0;
  uint64_t used_ = 0;
  uint64_t used_by_opening_ = 0;
};

}  // namespace cuesheet
