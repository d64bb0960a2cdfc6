// How full the memory of a store is, and for how long there is room at the present pace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/timestamp.h"
#include "store/memory_budget.h"
#include "table/event_table.h"

namespace cuesheet {

// The pace is that of the newest events: of the last week, or of the last kPaceEvents of it.
inline constexpr int64_t kPaceSeconds = int64_t{7} * 86'400;
inline constexpr size_t kPaceEvents = 100'000;
// Fewer say nothing, and neither do those of less than an hour.
inline constexpr size_t kMinPaceEvents = 100;
inline constexpr int64_t kMinPaceSeconds = 3600;
// What lies further ahead than this is not worth a number.
inline constexpr double kMaxDaysLeft = 36'500;

struct MemoryReport {
  uint64_t budget;   // bytes; 0 = there is no bound
  uint64_t reserve;  // of it
  uint64_t used;     // bytes
  uint64_t room;     // that new events may still take
  // Until there is none; none = too few events to know a pace, or more than a century.
  std::optional<double> days_left{};
};

// `now`: none = without days_left, which looks at up to kPaceEvents.
MemoryReport ReportMemory(const MemoryBudget& memory, const EventTable& table,
                          std::optional<Timestamp> now);

}  // namespace cuesheet
