// Stores of many events, made by commands as everywhere.
#pragma once

#include <cstddef>
#include <memory>

#include "null_env.h"
#include "store/event_store.h"

namespace cuesheet::bench {

struct OpenStore {
  std::unique_ptr<Env> files;
  EventStore store;

  explicit OpenStore(std::unique_ptr<Env> files = std::make_unique<NullEnv>());
  void Insert(const Event& event);
  // Commits what waits and drops the changes, as a host does after every call.
  void Settle();
};

void FillWithEvents(OpenStore& into, size_t events);       // with payloads, as on a hub
void FillWithoutPayloads(OpenStore& into, size_t events);  // the same, as in a replica
// `events` sources of kSourceTopic, each with a finished child of kTargetTopic.
void FillWithSettledSources(OpenStore& into, size_t events);
inline constexpr const char* kSourceTopic = "publish.render";
inline constexpr const char* kTargetTopic = "review.transcode";

// The store that `fill` makes for `events`: kept for as long as the same is asked for, since a
// million events of two kinds do not fit into wasm's memory side by side.
using Fill = void (*)(OpenStore& into, size_t events);
OpenStore& Shared(Fill fill, size_t events);
void DropShared();

// The event with this many newer ones.
Row RowFromEnd(const EventTable& table, size_t newer);

}  // namespace cuesheet::bench
