// The content of a store, for code that only reads: routes, tasks of a replica, answers. Nothing in
// it changes a store; the Ledger writes (store/ledger.h).
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/uuid.h"
#include "event/progress.h"
#include "event/topic_registry.h"
#include "store/memory_report.h"
#include "store/scope.h"
#include "store/store_options.h"
#include "table/event_table.h"

namespace cuesheet {

// Creation orders from here on are a replica's own, for events whose upstream number is unknown.
// They are newer than every upstream event, and exact in a cursor's double.
inline constexpr int64_t kFirstProvisionalOrder = int64_t{1} << 52;

struct StoreState;

class StoreView {
 public:
  // The state outlives the view and every copy of it.
  explicit StoreView(StoreState* state);

  // The columns. A payload is read by EventTable::View() and payload(), which return its error.
  const EventTable& table() const { return *table_; }
  // kNotFound, kLoading; with its payload also as EventTable::payload().
  Result<EventView> Find(const Uuid& id, bool with_payload) const;
  // Runs `read`, which tests conditions. Fails when a condition needs a payload that cannot be
  // read: kCold, or kStorage or kCorrupt with the name of the file.
  template <typename Read>
  Result<void> Judging(Read read) const {
    BeginJudging();
    read();
    return EndJudging();
  }
  // Runs `show`, which shows an event without a payload that cannot be read. kCold: the host must
  // load the files first, and call again.
  template <typename Show>
  Result<void> Showing(Show show) const {
    BeginJudging();
    show();
    return CheckCold();
  }

  // All events that the store has, loaded or not.
  uint64_t events() const;
  // Whether all of them are loaded. Until then commands and most answers fail with kLoading.
  bool is_loaded() const;
  Result<void> CheckLoaded() const;
  // All events of this creation order or newer are loaded, at their places.
  int64_t loaded_from() const;

  // `now`: as ReportMemory().
  MemoryReport memory(std::optional<Timestamp> now) const;

  // The sequence of the last change.
  uint64_t sequence() const;
  StoreRole role() const;
  // Which events the store keeps; none = all.
  const std::optional<Scope>& scope() const;
  // 0-100, of events that are not final; not durable.
  std::optional<double> progress(const Uuid& id) const;
  const ProgressBook& progress_book() const;
  // The topics and their structures (docs/topics.md).
  const TopicRegistry& topics() const;

 private:
  void BeginJudging() const;
  Result<void> EndJudging() const;
  Result<void> CheckCold() const;

  const EventTable* table_;
  StoreState* state_;  // not const, because files remember what was read of them
};

}  // namespace cuesheet
