// What a store holds, for whoever only reads: routes, readers of an upstream, answers. Nothing of
// it changes anything; the writer is the Ledger (store/ledger.h).
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/uuid.h"
#include "event/progress.h"
#include "event/topic_registry.h"
#include "store/scope.h"
#include "store/store_options.h"
#include "table/event_table.h"

namespace cuesheet {

// Creation orders from here on are a replica's own, for events whose upstream number is not known
// yet: newer than every upstream event, exact in a cursor's double.
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
  // Runs `read`, which judges events by conditions. An error when one reads a payload that cannot
  // be read: kCold, or kStorage or kCorrupt with the name of the file.
  template <typename Read>
  Result<void> Judging(Read read) const {
    BeginJudging();
    read();
    return EndJudging();
  }
  // Runs `show`, which shows an event whose payload cannot be read without it. kCold: the host must
  // load the files first, and ask again.
  template <typename Show>
  Result<void> Showing(Show show) const {
    BeginJudging();
    show();
    return CheckCold();
  }

  // All events that the store has, loaded or not.
  uint64_t events() const;
  // Whether all of them are here. Until then commands and most answers are refused: kLoading.
  bool is_loaded() const;
  Result<void> CheckLoaded() const;
  // Events of this creation order or newer are all here, and at their places.
  int64_t loaded_from() const;

  // Of the last change.
  uint64_t sequence() const;
  StoreRole role() const;
  // What the store keeps; none = everything.
  const std::optional<Scope>& scope() const;
  // 0-100, of events that are not final; not durable.
  std::optional<double> progress(const Uuid& id) const;
  const ProgressBook& progress_book() const;
  // What is known of topics (docs/topics.md).
  const TopicRegistry& topics() const;

 private:
  void BeginJudging() const;
  Result<void> EndJudging() const;
  Result<void> CheckCold() const;

  const EventTable* table_;
  StoreState* state_;  // not const, because files remember what was read of them
};

}  // namespace cuesheet
