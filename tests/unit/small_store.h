// What tests of files share: a store that divides little into a lot, and all that it holds.
#pragma once

#include <map>
#include <set>
#include <string>

#include "event/codec.h"
#include "store_fixture.h"

namespace cuesheet::testing {

// A few events fill several of everything.
inline constexpr StoreOptions kSmall{.segment_bytes = 400,
                                     .block_events = 5,
                                     .min_journal_bytes = 1000,
                                     .max_journal_bytes = 4000,
                                     .max_segments = 8};

using Snapshot = std::map<std::string, std::string>;  // what is known of an event, by id

// Everything, payloads too; asserts that no event or hash is there twice.
inline Snapshot SnapshotOf(const EventStore& store) {
  const EventTable& table = store.view().table();
  Snapshot snapshot;
  std::set<std::string> hashes;
  table.VisitRange({}, [&](Row row) {
    const EventView event = table.View(row).value();
    std::string text = std::to_string(event.creation_order) + " ";
    AppendEvent(text, event, EventForm::kRest);
    CUE_ASSERT(snapshot.emplace(event.id.Hex(), text).second);
    CUE_ASSERT(hashes.insert(event.HashText()).second);
    CUE_ASSERT(table.FindByHash(event.HashText()) == row);
    return true;
  });
  CUE_ASSERT(snapshot.size() == table.size());
  return snapshot;
}

// Says why a file is not as a store writes it, "" = all are.
inline std::string WhatIsWrong(const EventStore& store) {
  std::string text;
  const std::vector<std::string> files = store.files().Files().value();
  for (const std::string& file : files) {
    const auto problem = store.files().Verify(file);
    if (!problem || *problem) text += file + ": " + (problem ? **problem : "cannot be read") + "\n";
  }
  return text;
}

// Opens and loads everything; an error says what failed.
inline Result<Recovery> OpenWhole(EventStore& store) {
  CUE_ASSIGN(Recovery recovery, store.files().Open());
  while (!store.view().is_loaded()) CUE_TRY(store.files().LoadNext());
  return recovery;
}

// Slices until there is nothing to do.
inline void MaintainAll(EventStore& store) {
  while (store.files().Maintain().value()) {
  }
}

// True when there was something to commit.
inline bool CommitAll(EventStore& store) {
  const auto commit = store.files().BeginCommit();
  CUE_ASSERT(commit.has_value());
  if (!commit->is_needed) return false;
  CUE_ASSERT(store.files().Committed(true).has_value());
  return true;
}

// A checkpoint from beginning to end.
inline void Checkpoint(EventStore& store) {
  CommitAll(store);
  store.files().DemandCheckpoint();
  MaintainAll(store);
  CommitAll(store);
  CommitAll(store);  // what the checkpoint removed
}

}  // namespace cuesheet::testing
