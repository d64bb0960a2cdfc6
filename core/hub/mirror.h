// A hub that follows another hub: what that one says in its snapshot and its change feed becomes
// this store, with the same ids, orders, times and hashes (docs/hub.md, Relay).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "base/json.h"
#include "base/uuid.h"
#include "store/event_store.h"

namespace cuesheet {

class Mirror {
 public:
  explicit Mirror(EventStore* store) : store_(store) {}

  // Whole lines of GET /api/snapshot, in parts, in their order.
  Result<void> Snapshot(std::string_view lines);
  // All parts have come: removes what the snapshot does not have and returns the sequence from
  // which the changes go on. kState without a first line.
  Result<uint64_t> EndSnapshot();
  // A page of GET /api/changes as it came; returns its `next`. kInvalid for what is none.
  Result<uint64_t> Changes(std::string_view page);

 private:
  Result<void> Apply(const Json& change);
  Result<void> Merge(const Json& event);
  Result<void> Remove(const Json* id);

  EventStore* store_;
  std::optional<uint64_t> sequence_;  // of the snapshot that is coming in
  std::unordered_set<Row> seen_;      // its events
};

}  // namespace cuesheet
