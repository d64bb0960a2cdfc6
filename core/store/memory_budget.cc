#include "store/memory_budget.h"

#include <algorithm>
#include <string>

namespace cuesheet {
namespace {

constexpr size_t kMinRemovals = 1000;

std::string MiB(uint64_t bytes) { return std::to_string((bytes + (1 << 19)) >> 20); }

uint64_t BudgetOf(const MemoryLimits& limits) {
  const uint64_t wanted = limits.budget == 0 ? limits.capacity : limits.budget;
  if (wanted == 0) return 0;
  const uint64_t budget = std::max(wanted, kMinBudgetBytes);
  return limits.capacity == 0 ? budget : std::min(budget, limits.capacity);
}

}  // namespace

MemoryBudget::MemoryBudget(const MemoryLimits& limits)
    : budget_(BudgetOf(limits)),
      capacity_(limits.capacity),
      reserve_(budget_ == 0 ? 0 : std::max(budget_ / kReserveShare, kMinReserveBytes)) {}

void MemoryBudget::NoteOpened() { used_by_opening_ = used_; }

uint64_t MemoryBudget::room() const {
  const uint64_t wall = budget_ - reserve_;
  return used_ < wall ? wall - used_ : 0;
}

Result<void> MemoryBudget::CheckNew(uint64_t bytes) const {
  if (!is_bounded() || bytes <= room()) return {};
  return Fail(ErrorCode::kQuota,
              "memory is full: " + MiB(used_) + " of " + MiB(budget_) +
                  " MiB are in use, and the last " + MiB(reserve_) +
                  " are kept for reads, updates and removals; remove events that are not needed, "
                  "or give more memory");
}

Result<void> MemoryBudget::CheckGrowth(uint64_t bytes) const {
  if (!is_bounded() || bytes == 0) return {};
  if (bytes > kSmallGrowthBytes) return CheckNew(bytes);
  // A store that was beyond the budget when it was opened has as much for its updates.
  uint64_t limit = std::max(budget_ - reserve_ / 2, used_by_opening_ + reserve_ / 2);
  if (capacity_ > 0) limit = std::min(limit, capacity_ - std::min(capacity_, reserve_ / 4));
  return used_ + bytes <= limit ? Result<void>() : CheckNew(bytes);
}

Result<void> MemoryBudget::CheckWork(uint64_t bytes) const {
  return HasRoomForWork(bytes) ? Result<void>() : CheckNew(std::max(bytes, room() + 1));
}

Result<void> MemoryBudget::CheckLoad(uint64_t bytes, uint64_t events) const {
  // What is loaded can be read. Only what is not there at all is a bound for that.
  if (capacity_ == 0 || used_ + bytes + reserve_ / 4 <= capacity_) return {};
  return Fail(ErrorCode::kQuota,
              "the events do not fit into memory: " + std::to_string(events) + " of them take " +
                  MiB(used_) + " of the " + MiB(capacity_) +
                  " MiB that there are, and more are in the files; nothing was changed");
}

size_t MemoryBudget::Removals(size_t wanted) const {
  if (!is_bounded()) return wanted;
  const uint64_t limit = budget_ - reserve_ / 4;
  const uint64_t free = used_ < limit ? limit - used_ : 0;
  const uint64_t most = std::max(free, reserve_ / 2) / kRemovalBytes;
  return static_cast<size_t>(std::min<uint64_t>(wanted, std::max<uint64_t>(most, kMinRemovals)));
}

}  // namespace cuesheet
