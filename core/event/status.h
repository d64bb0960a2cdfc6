// The six statuses of protocol.md 1.3. Any status may follow any other; hub/access.h decides who
// may set one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cuesheet {

enum class EventStatus : uint8_t {
  kPending,
  kInProgress,
  kFinished,
  kFailed,
  kAborted,
  kRestarted,
};

inline constexpr std::array<std::string_view, 6> kEventStatusNames = {
    "pending", "in_progress", "finished", "failed", "aborted", "restarted"};

constexpr std::string_view EventStatusName(EventStatus status) {
  return kEventStatusNames[static_cast<size_t>(status)];
}

constexpr std::optional<EventStatus> ParseEventStatus(std::string_view name) {
  for (size_t i = 0; i < kEventStatusNames.size(); ++i) {
    if (kEventStatusNames[i] == name) return static_cast<EventStatus>(i);
  }
  return std::nullopt;
}

// False for a byte of a damaged file.
constexpr bool IsEventStatus(EventStatus status) {
  return static_cast<size_t>(status) < kEventStatusNames.size();
}

// No worker will touch the event any more; progress is forgotten.
constexpr bool IsFinal(EventStatus status) {
  return status == EventStatus::kFinished || status == EventStatus::kFailed ||
         status == EventStatus::kAborted;
}

// A worker has the event as its job.
constexpr bool IsOpen(EventStatus status) {
  return status == EventStatus::kPending || status == EventStatus::kInProgress;
}

}  // namespace cuesheet
