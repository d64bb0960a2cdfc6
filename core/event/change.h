// One applied mutation, which the ledger of a store makes (store/ledger.h). The journal, the change
// feed and the sockets of a hub learn what happened only from changes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "event/event.h"

namespace cuesheet {

enum class ChangeKind : uint8_t {
  kInserted = 1,
  kUpdated = 2,
  kReplaced = 3,  // reuse: the row got a new id; previous_id is gone
  kRemoved = 4,   // only id is meaningful
  kTransient =
      5,  // fire-and-forget dispatch, or only progress: nothing stored, no sequence of its own
  kImported = 6,  // events of an import: see `imported`; never in the journal
};

// An import of more events has only their number.
inline constexpr size_t kMaxToldImports = 65'536;

struct Change {
  uint64_t sequence = 0;  // gapless per store; of a transient change: the last one before it
  ChangeKind kind = ChangeKind::kInserted;
  Uuid previous_id{};
  FieldSet fields{};                 // what was written; All() for inserts
  Event event{};                     // the whole event after the change
  std::optional<double> progress{};  // 0-100, only when the change carried one; never stored
  bool is_dispatch = false;          // the WebSocket message carries `store` (protocol.md 9.4)
  // kImported: how many events were inserted, one for each sequence up to this change's; and their
  // ids in that order, or none when they are more than kMaxToldImports.
  uint64_t imported_events = 0;
  std::vector<Uuid> imported{};
};

}  // namespace cuesheet
