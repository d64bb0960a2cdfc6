// Events of a snapshot by column: similar values are together, so it compresses to half
// (docs/hub.md). An id is in two parts: `idTail` has the last 16 hex digits of all in one string,
// `idHead` the clock of a version 1 uuid, in 100 ns after the row's creation, or the first 16 hex
// digits as they are. `createdUs` is microseconds after the row before, of the first row since
// 1970; `updatedUs` is microseconds after the row's own creation; `order` is the creation order,
// less that of the row before.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "event/event.h"

namespace cuesheet {

class SnapshotColumns {
 public:
  void Add(const EventView& event, bool with_payload);
  size_t bytes() const { return bytes_; }
  // Appends `{"columns":{"createdUs":[…],…}}` and a line end; nothing without events.
  void AppendTo(std::string& out) const;

 private:
  // In ascending order, so that the line is canonical JSON (base/json.h).
  static constexpr std::array<std::string_view, 17> kNames = {
      "createdUs", "dependsOn", "description", "hash",      "idHead", "idTail",
      "order",     "payload",   "project",     "retries",   "sender", "senderType",
      "status",    "summary",   "topic",       "updatedUs", "user"};
  void Id(const EventView& event);
  std::string& Column(size_t column);
  void Text(size_t column, const std::optional<std::string_view>& text);
  void Raw(size_t column, std::string_view json) { Column(column) += json; }

  std::array<std::string, kNames.size()> columns_;
  int64_t last_us_ = 0;
  int64_t last_order_ = 0;
  size_t bytes_ = 0;  // of all columns
};

}  // namespace cuesheet
