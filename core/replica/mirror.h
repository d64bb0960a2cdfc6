// A store that follows a hub: what that one says in its snapshot and its change feed becomes this
// store, with the same ids, orders, times and hashes (docs/hub.md, Change feed). A relay and a
// replica follow in the same way; a replica lays what it hears under its local writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/json_fwd.h"
#include "base/uuid.h"
#include "replica/upstream_event.h"
#include "store/store_view.h"

namespace cuesheet {

// Where the changes of the upstream go.
class MirrorTarget {
 public:
  virtual Result<void> Merge(const Event& event, FieldSet fields,
                             std::optional<double> progress) = 0;
  virtual Result<void> Remove(const Uuid& id) = 0;
  // Whether the event was made here, and the upstream may not have it yet.
  virtual bool IsLocal(const Uuid& id) const = 0;

 protected:
  ~MirrorTarget() = default;
};

class Mirror {
 public:
  Mirror(const StoreView* store, MirrorTarget* target) : store_(store), target_(target) {}

  // Whole lines of GET /api/snapshot, of rows or of columns, in parts, in their order.
  Result<void> Snapshot(std::string_view lines);
  // All parts have come: removes what the snapshot does not have, but for local events, and returns
  // the sequence from which the changes go on. kState without a first line.
  Result<uint64_t> EndSnapshot();
  // The id of the upstream's store, as the snapshot has it.
  const std::string& snapshot_store() const { return snapshot_store_; }

  // A page of GET /api/changes as it came, or the message of a WebSocket; returns its `next`.
  // kInvalid for what is none.
  Result<uint64_t> Changes(const Json& page);
  // Events as the feed shows them.
  Result<void> Events(const Json& events);

 private:
  Result<void> ShownInSnapshot(const UpstreamEvent& shown);
  Result<void> Columns(std::string_view line);
  Result<void> Apply(const Json& change);
  Result<void> Merge(const Json& event);
  Result<void> Remove(const Json* id);

  const StoreView* store_;
  MirrorTarget* target_;
  std::optional<uint64_t> sequence_;  // of the snapshot that is coming in
  std::string snapshot_store_;
  std::unordered_set<Row> seen_;  // its events
};

}  // namespace cuesheet
