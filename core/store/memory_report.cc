#include "store/memory_report.h"

#include <algorithm>

namespace cuesheet {
namespace {

constexpr double kDaySeconds = 86'400;

std::optional<double> DaysLeft(uint64_t room, const EventTable& table, Timestamp now) {
  size_t events = 0;
  uint64_t bytes = 0;
  Timestamp oldest = now;
  table.VisitRange({.newest_first = true}, [&](Row row) {
    const Timestamp created = table.created_at(row);
    if (events == kPaceEvents || now.us - created.us > kPaceSeconds * 1'000'000) return false;
    ++events;
    // Payloads leave memory with the next checkpoint.
    bytes += kEventBytes + table.description(row).size() + table.summary(row).size();
    oldest = std::min(oldest, created);
    return true;
  });
  const double seconds = static_cast<double>(now.us - oldest.us) / 1e6;
  if (events < kMinPaceEvents || seconds < static_cast<double>(kMinPaceSeconds)) {
    return std::nullopt;
  }
  const double days =
      static_cast<double>(room) / static_cast<double>(bytes) * seconds / kDaySeconds;
  return days > kMaxDaysLeft ? std::nullopt : std::optional(days);
}

}  // namespace

MemoryReport ReportMemory(const MemoryBudget& memory, const EventTable& table,
                          std::optional<Timestamp> now) {
  MemoryReport report{.budget = memory.budget(),
                      .reserve = memory.reserve(),
                      .used = memory.used(),
                      .room = memory.is_bounded() ? memory.room() : 0};
  if (now && memory.is_bounded()) report.days_left = DaysLeft(report.room, table, *now);
  return report;
}

}  // namespace cuesheet
