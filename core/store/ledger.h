// The one way to change a store: every mutation, whoever makes it, is a command here. The ledger
// validates it, applies it to the table and records it as one Change (docs/design.md).
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

// How far Merge() trusts an upstream's state.
enum class Trust : uint8_t {
  kNewest,    // a state that is older than the one here only fills in
  kUpstream,  // it counts however old it is, because the state here was only assumed
  kFeed,      // the same, and new events have just happened: a relay sends them as dispatches
};

inline constexpr size_t kMaxRoomEvents = 100'000;  // removed by one MakeRoom

// Commands that store something fail with kState before the store is open, with kLoading while
// events are being loaded, and with kStorage when more than max_pending_bytes wait for a commit or
// no number for a payload chunk is left. Those that make the store larger fail with kQuota when
// memory is full (store/memory_budget.h); removals and updates that add no text never do.
class Ledger {
 public:
  // The state must outlive the ledger. Make it before the store is opened.
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
  // The jobs that the last Enroll() has found abandoned, and made failed.
  const std::vector<Uuid>& abandoned() const { return abandoned_; }
  // Makes a job failed, because its worker was silent for a whole lease and no retry is left. Also
  // when memory is full; then without the reason. kNotFound for an unknown id.
  Result<void> Abandon(const Uuid& job, int64_t lease_seconds, Timestamp now);
  // False when there is no such event; kConflict when it has children (protocol.md 5).
  Result<bool> Remove(const Uuid& id);
  // Removes all of them or none: kConflict when one has a child that is not among them, kQuota when
  // there is no memory for so many changes at once.
  Result<void> RemoveAll(const std::vector<Row>& rows);

  // Stores an upstream's state of an event: writes `fields`, inserts when the id is new. A state
  // older than the stored one (by updated_at) only fills in missing fields. An event with the same
  // hash under another id was replaced upstream and is replaced here. `progress` as in Change.
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress,
                     Trust trust = Trust::kNewest);
  // Removes an event that the upstream has removed. Its children stay, and wait for it.
  Result<void> RemoveUpstream(const Uuid& id);

  // Events of an export, one JSON object a line (event/event_reader.h), in their order. Refused
  // lines are reported and the others are stored. All of them are one Change (kImported), and the
  // next commit makes a checkpoint instead of journal records. kStorage when too much waits for a
  // commit: commit, and import the same lines again. When memory is full it stops at a line; those
  // before it are stored, and the report says where and why.
  Result<ImportReport> Import(std::string_view ndjson);

  struct Retained {
    size_t removed;
    bool more;  // call again: a limit of one call was reached
  };
  // The rules, then the scope (that of the request becomes the store's), then room.
  Result<Retained> Retain(RetainRequest request, Timestamp now);
  // Removes what the rules no longer keep, oldest first, at most kMaxRetired events, and fewer when
  // memory is full; returns how many it removed. An event with a child that stays is never removed.
  Result<size_t> Retain(std::span<const RetentionRule> rules, Timestamp now);
  // Sets what this store keeps. Merge() then stores nothing of other topics and projects.
  // RetainScope() removes events outside of the scope, then those that are too old, then the oldest
  // until both numbers hold. As with Retain(), a call removes at most kMaxRetired events and
  // returns how many. It never removes an event with a child that stays, nor a pinned one.
  void SetScope(Scope scope);
  Result<size_t> RetainScope(Timestamp now);
  // Removes the oldest tenth, at most kMaxRoomEvents, for when the disk is full.
  Result<size_t> MakeRoom();
  // Events that must stay, stored or not yet, such as local writes that no server has. Events with
  // a provisional creation order are pinned anyway. Pins end when the store closes.
  void Pin(const Uuid& id) { pinned_.insert(id); }
  void Unpin(const Uuid& id) { pinned_.erase(id); }

  // See TopicRegistry::Declare. Declarations live as long as the store is open.
  Result<void> Declare(const Json& declaration);
  // How the last dispatch deviates from the structure of its topic.
  const std::vector<Advice>& advice() const { return advice_; }
  // The changes since the last call, oldest first.
  std::vector<Change> TakeChanges() { return std::exchange(changes_, {}); }

 private:
  Result<void> CheckWritable() const;
  Result<EnrollDecision> Decide(const EnrollRequest& request, const Actor& actor, Timestamp now);
  // kQuota; else it notes what the event, or its longer texts, will take.
  Result<void> TakeRoom(const EventView& event);
  Result<void> TakeGrowth(Row row, const EventView& event, FieldSet fields);
  Result<void> CheckTopic(const DispatchRequest& request);
  Result<Uuid> Store(const DispatchRequest& request, const Actor& actor, Timestamp now,
                     const Entropy& entropy);
  Result<void> Replace(Row row, Event event);
  void Insert(Event event, bool is_dispatch);
  Result<void> MergeNew(const Event& event, FieldSet fields, std::optional<double> progress,
                        Trust trust);
  Result<void> MergeInto(Row row, const Event& event, FieldSet fields,
                         std::optional<double> progress, Trust trust);
  // `is_whole`: the change has the whole event as it will be, not only the written fields.
  void Record(Change change, bool is_whole = false);
  void Write(Change& change, bool is_whole);
  void RedactChange(Change& change) const;
  void NoteProgress(const Event& event, std::optional<double> progress);
  void RemoveRow(Row row);
  bool IsPinned(Row row) const;
  size_t RemoveOldest(size_t limit, const std::function<bool(Row)>& wants);
  void RemoveLeavesFirst(const std::vector<Row>& rows);
  int64_t NextProvisionalOrder() const;

  StoreState& state_;
  const EventTable& table_;
  std::vector<Change> changes_;
  std::vector<Advice> advice_;
  std::vector<Uuid> abandoned_;
  std::set<Uuid> pinned_;
  Frontiers frontiers_;
};

}  // namespace cuesheet
