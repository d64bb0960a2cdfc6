// Makes a store equal to a hub by the hub's snapshot and change feed, with the same ids, orders,
// times and hashes (docs/hub.md, Change feed). A relay and a replica follow in the same way; a
// replica lays the hub's events under its local writes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/json_fwd.h"
#include "base/uuid.h"
#include "replica/upstream_event.h"
#include "store/store_view.h"

namespace cuesheet {

// Where changes of the upstream are stored.
class MirrorTarget {
 public:
  virtual Result<void> Merge(const Event& event, FieldSet fields,
                             std::optional<double> progress) = 0;
  virtual Result<void> Remove(const Uuid& id) = 0;
  // Whether the event was made here and the upstream may not have it yet.
  virtual bool IsLocal(const Uuid& id) const = 0;
  // All that the upstream has is merged between the two. `shows`: whether the snapshot has shown an
  // event that is in the store.
  virtual void SnapshotBegins(const std::function<bool(const Uuid&)>& /*shows*/) {}
  virtual void SnapshotEnds() {}

 protected:
  ~MirrorTarget() = default;
};

class Mirror {
 public:
  Mirror(const StoreView* store, MirrorTarget* target) : store_(store), target_(target) {}

  // Another snapshot will come in: nothing of one that was cut off counts for it. `must_end`: the
  // hub is of a version that sends a line at the end, so one without it was cut off.
  void BeginSnapshot(bool must_end = false);
  // Whole lines of GET /api/snapshot, of rows or of columns, in parts, in their order.
  Result<void> Snapshot(std::string_view lines);
  // All parts have arrived: removes what the snapshot does not have, except local events, and
  // returns the sequence from which the changes continue. kState without a first line, and when
  // the line at the end is missing although the hub has promised it or is of a version that sends
  // it; nothing is removed then.
  Result<uint64_t> EndSnapshot();
  // Whether the store has events that were not made here.
  bool HasUpstreamEvents() const;
  // The id of the upstream's store, as the snapshot has it.
  const std::string& snapshot_store() const { return snapshot_store_; }

  // A page of GET /api/changes, or the message of a WebSocket; returns its `next`. kInvalid for
  // anything else.
  Result<uint64_t> Changes(const Json& page);
  // Events in the form of the feed.
  Result<void> Events(const Json& events);

 private:
  bool HasShown(const Uuid& id) const;
  Result<void> ShownInSnapshot(const UpstreamEvent& shown);
  Result<void> Columns(std::string_view line);
  Result<void> Apply(const Json& change);
  Result<void> Merge(const Json& event);
  Result<void> Remove(const Json* id);

  const StoreView* store_;
  MirrorTarget* target_;
  std::optional<uint64_t> sequence_;  // of the snapshot that is arriving
  bool must_end_ = false;             // a line at its end is expected, promised or not
  bool lacks_end_ = false;            // that line has not come; old hubs send none
  std::string snapshot_store_;
  std::unordered_set<Row> seen_;  // its events
};

}  // namespace cuesheet
