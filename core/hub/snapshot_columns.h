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
  static constexpr size_t kCount = kFields.size() + 1;  // an id is in two
  void Id(const EventView& event);
  std::string& Column(size_t column);
  void Raw(size_t column, std::string_view json) { Column(column) += json; }
  void Number(size_t column, int64_t number) { Raw(column, std::to_string(number)); }
  void Put(size_t column, const std::optional<std::string_view>& text);
  void Put(size_t column, const std::optional<Uuid>& id);
  void Put(size_t column, EventStatus status) { Put(column, EventStatusName(status)); }
  void Put(size_t column, int32_t number) { Number(column, number); }

  std::array<std::string, kCount> columns_;
  int64_t last_us_ = 0;
  int64_t last_order_ = 0;
  size_t bytes_ = 0;  // of all columns
};

}  // namespace cuesheet
