// The events of one range of creation orders, as columns in a file (docs/storage.md):
//   "CUEBLCK1" | piece: numbers | piece: texts                     (base/packed.h)
// A text column has its sizes among the numbers and its bytes among the texts.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr size_t kBlockEvents = 4'096;      // a block is full
inline constexpr size_t kMaxBlockEvents = 65'536;  // if events share one creation order

// `rows` are in creation order, at most kMaxBlockEvents.
std::string EncodeBlock(const EventTable& table, std::span<const Row> rows);

// An event of a block. Its payload is in a chunk of a payload file.
struct BlockEvent {
  EventView event;  // without payload; valid during the visit
  bool has_payload = false;
  TextRef payload;
};

// Calls visit(event) for each event by descending creation order, because a page shows the newest
// ones first. kCorrupt when the block is damaged or no store can have written it; then it visited
// nothing.
Result<void> DecodeBlock(std::string_view bytes,
                         const std::function<void(const BlockEvent&)>& visit);

}  // namespace cuesheet
