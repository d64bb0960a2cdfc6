// The state that the parts of a store share; only this room includes it. The ledger changes the
// events, the lifecycle changes the files, and nothing else changes anything.
#pragma once

#include <cstdint>
#include <optional>

#include "event/change.h"
#include "event/progress.h"
#include "event/topic_registry.h"
#include "journal/journal.h"
#include "store/archive.h"
#include "store/memory_budget.h"
#include "store/partial_replay.h"
#include "store/scope.h"
#include "store/store_options.h"
#include "table/event_table.h"

namespace cuesheet {

struct StoreState {
  StoreState(Env* files, const StoreOptions& options);
  StoreState(Env* files, const MemoryBudget& budget, const StoreOptions& options);
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;

  // Writes a change into the table. kCorrupt when it does not fit the table.
  Result<void> Apply(const Change& change);
  // Moves the next creation order past that of the change.
  void NoteOrder(const Change& change);

  Env* env;
  StoreRole role;
  MemoryBudget memory;
  uint64_t max_pending_bytes;
  EventTable table;
  Journal journal;
  TopicRegistry topics;
  Archive archive;
  PartialReplay partial;
  ProgressBook progress;
  std::optional<Scope> scope;
  uint64_t sequence = 0;
  int64_t next_order = 1;
  uint64_t imported_bytes = 0;  // of lines whose events no commit has covered
  bool is_open = false;
};

}  // namespace cuesheet
