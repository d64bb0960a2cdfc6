// The one way in: every mutation of a store, whoever makes it, is a command here. It is validated,
// applied to the table, journalled and told as one Change (docs/design.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "event/change.h"
#include "event/request.h"
#include "event/topic_registry.h"
#include "jobs/enroll.h"
#include "store/actor.h"
#include "store/import_report.h"
#include "store/retention.h"
#include "store/store_view.h"

namespace cuesheet {

// How far Merge() believes what an upstream says.
enum class Trust : uint8_t {
  kNewest,    // a state that is older than the one here only fills in
  kUpstream,  // it counts however old it is: what is here was only assumed
  kFeed,      // the same, and what is new has just happened there: a relay tells it as a dispatch
};

inline constexpr size_t kMaxRoomEvents = 100'000;  // removed by one MakeRoom

class Ledger {
 public:
  // The state outlives the ledger. To be made before the store is opened.
  explicit Ledger(StoreState* state);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // protocol.md 3.4. kConflict for a taken hash, and for `reuse` of an event that has children;
  // kInvalid when the summary breaks the structure of a topic that enforces it.
  Result<Uuid> Dispatch(const DispatchRequest& request, const Actor& actor, Timestamp now,
                        const Entropy& entropy);
  // protocol.md 4.2. kNotFound for an unknown id.
  Result<void> Update(const Uuid& id, const UpdateRequest& request, const Actor& actor,
                      Timestamp now);
  // The job that a worker gets, or none (protocol.md 8.3). `actor.sender` is the worker's identity.
  Result<std::optional<Uuid>> Enroll(const EnrollRequest& request, const Actor& actor,
                                     Timestamp now, const Entropy& entropy);
  // False when there is no such event; kConflict when it has children (protocol.md 5).
  Result<bool> Remove(const Uuid& id);
  // Removes all of them or none: kConflict when one has a child that is not among them.
  Result<void> RemoveAll(const std::vector<Row>& rows);

  // What an upstream says of an event: writes `fields`, inserts when the id is new. A state older
  // than the one stored (by updated_at) only fills in what is not known here. An event with the
  // same hash under another id was replaced upstream and is replaced here. `progress` as in Change.
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress,
                     Trust trust = Trust::kNewest);
  // What an upstream has removed: its children stay, and wait for it.
  Result<void> RemoveUpstream(const Uuid& id);

  // Events of an export, one JSON object a line (event/event_reader.h), in their order. A line that
  // is refused is reported and the others go in. All of them are one Change (kImported), and the
  // next commit makes a checkpoint instead of journal records. kStorage when too much waits for a
  // commit: commit, and import the same lines again.
  Result<ImportReport> Import(std::string_view ndjson);

  struct Retained {
    size_t removed;
    bool more;  // call again: a limit of one call was reached
  };
  // The rules, then the scope (that of the request becomes the store's), then room.
  Result<Retained> Retain(RetainRequest request, Timestamp now);
  // Removes what the rules no longer keep, oldest first, at most kMaxRetired events; returns how
  // many went. An event with a child that stays is never removed.
  Result<size_t> Retain(std::span<const RetentionRule> rules, Timestamp now);
  // What this store keeps from now on: Merge() takes nothing in of other topics and projects,
  // RetainScope() removes what is outside, then what is too old, then the oldest until the numbers
  // hold. As with Retain(): at most kMaxRetired events a call, returns how many went; neither an
  // event with a child that stays nor one that is pinned is ever removed.
  void SetScope(Scope scope);
  Result<size_t> RetainScope(Timestamp now);
  // Removes the oldest tenth, at most kMaxRoomEvents, for when the disk is full.
  Result<size_t> MakeRoom();
  // Events that must stay, here or not yet, such as local writes that no server has. Those with a
  // provisional creation order are pinned anyway. Lives as long as the store is open.
  void Pin(const Uuid& id) { pinned_.insert(id); }
  void Unpin(const Uuid& id) { pinned_.erase(id); }

  // See TopicRegistry::Declare. Declarations live as long as the store is open.
  Result<void> Declare(const Json& declaration);
  // Where the last dispatch deviates from what is known of its topic.
  const std::vector<Advice>& advice() const { return advice_; }
  // The changes since the last call, oldest first.
  std::vector<Change> TakeChanges() { return std::exchange(changes_, {}); }

 private:
  Result<void> CheckWritable() const;
  Result<void> CheckTopic(const DispatchRequest& request);
  Result<Uuid> Store(const DispatchRequest& request, const Actor& actor, Timestamp now,
                     const Entropy& entropy);
  Result<void> Replace(Row row, Event event);
  void Insert(Event event, bool is_dispatch);
  Result<void> MergeNew(const Event& event, FieldSet fields, std::optional<double> progress,
                        Trust trust);
  Result<void> MergeInto(Row row, const Event& event, FieldSet fields,
                         std::optional<double> progress, Trust trust);
  // `is_whole`: the change has all of the event as it will be, not only what it writes.
  void Record(Change change, bool is_whole = false);
  void Write(Change& change, bool is_whole);
  void RedactChange(Change& change) const;
  void NoteProgress(const Event& event, std::optional<double> progress);
  void RemoveRow(Row row);
  bool IsPinned(Row row) const;
  size_t RemoveOldest(size_t limit, const std::function<bool(Row)>& wants);
  size_t RemoveLeavesFirst(const std::vector<Row>& rows, size_t limit);
  int64_t NextProvisionalOrder() const;

  StoreState& state_;
  const EventTable& table_;
  std::vector<Change> changes_;
  std::vector<Advice> advice_;
  std::set<Uuid> pinned_;
  Frontiers frontiers_;
};

}  // namespace cuesheet
