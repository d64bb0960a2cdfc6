// Commands in, changes out. Every mutation, whoever makes it, is a command here: validated, applied
// to the table, journalled and told as one Change with a gapless sequence (docs/design.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "event/change.h"
#include "event/progress.h"
#include "event/request.h"
#include "event/topic_registry.h"
#include "jobs/enroll.h"
#include "journal/journal.h"
#include "journal/outbox_file.h"
#include "query/event_query.h"
#include "query/facets.h"
#include "query/live_queries.h"
#include "store/archive.h"
#include "store/partial_replay.h"
#include "store/retention.h"
#include "store/scope.h"
#include "table/event_table.h"

namespace cuesheet {

// Creation orders from here on are a replica's own, for events whose upstream number is not known
// yet: newer than every upstream event, exact in a cursor's double.
inline constexpr int64_t kFirstProvisionalOrder = int64_t{1} << 52;

// Who acts, as far as it is written into the event.
struct Actor {
  std::optional<std::string> user;
  std::optional<std::string> sender;       // header X-Sender
  std::optional<std::string> sender_type;  // header X-Sender-Type
};

// A worker's identity: what the request says, else who asks, else AYON's defaults
// (protocol.md 8.1).
Actor WorkerOf(const EnrollRequest& request, Actor asking);

// How far Merge() believes what an upstream says.
enum class Trust : uint8_t {
  kNewest,    // a state that is older than the one here only fills in
  kUpstream,  // it counts however old it is: what is here was only assumed
  kMirror,    // the same, and what is new is told as the dispatch that it was
};

struct ImportReport {
  struct Refusal {
    uint64_t line;  // from 1
    std::string message;
  };
  uint64_t events = 0;            // that are new here
  uint64_t known = 0;             // whose id was here already; they stay as they are
  uint64_t refused = 0;           // lines
  std::vector<Refusal> refusals;  // the first kMaxImportRefusals
};
inline constexpr size_t kMaxRoomEvents = 100'000;  // removed by one MakeRoom
inline constexpr size_t kMaxImportRefusals = 100;
inline constexpr size_t kMaxTreeEvents = 10'000;     // descendants in one answer
inline constexpr size_t kMaxTreeDepth = 1000;        // ancestors in one answer
inline constexpr size_t kMaxImportBytes = 16 << 20;  // of one call over the border

struct ExportPart {
  struct Unreadable {
    Uuid id;
    std::string why;  // names the file
  };
  uint64_t events = 0;
  uint64_t without_payload = 0;        // of them, because it cannot be read
  std::vector<Unreadable> unreadable;  // the first kMaxExportProblems of these
  std::optional<std::string> next;     // cursor of the last one; none = these were the last
};
inline constexpr size_t kDefaultExportBytes = 4 << 20;  // of one part
inline constexpr size_t kMaxExportBytes = 16 << 20;
inline constexpr size_t kMaxExportProblems = 100;

class EventStore {
 public:
  explicit EventStore(Env* env, const StoreOptions& options = {});

  // To be called with every change of the journal that Open() reads, in their order.
  void OnReplay(std::function<void(const Change&)> told) { on_replay_ = std::move(told); }
  // Reads the newest checkpoint and the journal. To be called before anything else, and again after
  // kCold. The newest events are here afterwards; LoadNext() brings the others.
  Result<Recovery> Open();
  // Whether something was damaged or missing when the files were opened.
  bool has_lost() const { return has_lost_; }
  // Whether all events are here. Until then commands and most readers answer kLoading.
  bool is_loaded() const { return archive_.is_loaded(); }
  // Brings one more block of events. kCold; kCorrupt, saying what was set aside, when a new
  // EventStore has to be opened on the files.
  Result<void> LoadNext();
  // What LoadNext() has set aside since this was asked last, a sentence each.
  std::vector<std::string> TakeLost() { return std::exchange(archive_.lost(), {}); }
  // The files that the next LoadNext() reads.
  std::vector<std::string> NextFiles() const { return archive_.NextFiles(); }
  // All events that the store has, loaded or not.
  uint64_t events() const;

  // One slice of the work on files that goes on beside everything else; true when more is to do.
  // kState while a commit is on its way, kCold.
  Result<bool> Maintain();
  bool IsMaintenanceDue() const { return archive_.IsDue(); }
  // The next maintenance begins a checkpoint, whatever has changed.
  void DemandCheckpoint() { archive_.Demand(); }

  struct Commit {
    uint64_t sequence;  // the last one that it covers
    uint64_t bytes;     // of the journal
    bool is_needed;     // files have changed: the host makes them durable, then calls Committed()
  };
  // Writes what waits. kState while another commit is on its way.
  Result<Commit> BeginCommit();
  // The host's word on it.
  Result<void> Committed(bool ok);
  uint64_t durable_sequence() const { return durable_sequence_; }
  // Of changes that are not durable.
  uint64_t pending_bytes() const {
    return journal_.pending_bytes() + imported_bytes_ + outbox_file_.pending_bytes();
  }

  // Reads a file and checks everything in it; a sentence when something is wrong. kCold.
  Result<std::optional<std::string>> Verify(const std::string& file) const {
    return archive_.Verify(file);
  }
  Result<std::vector<std::string>> Files() const { return env_->List(); }
  // Runs `read`, which judges events by conditions. An error when one reads a payload that cannot
  // be read: kCold, or kStorage or kCorrupt with the name of the file.
  template <typename Read>
  Result<void> Judging(Read read) const {
    archive_.payload_files().ForgetMissed();
    read();
    return archive_.payload_files().CheckMissed();
  }
  // kNotFound, kLoading; with its payload also as Judging().
  Result<EventView> Find(const Uuid& id, bool with_payload) const;

  // protocol.md 3.4. kConflict for a taken hash, and for `reuse` of an event that has children;
  // kInvalid when the summary breaks the structure of a topic that enforces it.
  Result<Uuid> Dispatch(const DispatchRequest& request, const Actor& actor, Timestamp now,
                        const Entropy& entropy);
  // protocol.md 4.2. kNotFound for an unknown id.
  Result<void> Update(const Uuid& id, const UpdateRequest& request, const Actor& actor,
                      Timestamp now);
  // False when there is no such event; kConflict when it has children (protocol.md 5).
  Result<bool> Remove(const Uuid& id);

  // The same for what an upstream has removed: its children stay, and wait for it.
  Result<void> RemoveUpstream(const Uuid& id);

  // Removes all of them or none: kConflict when one has a child that is not among them.
  Result<void> RemoveAll(const std::vector<Row>& rows);

  // Removes what the rules no longer keep, oldest first, at most kMaxRetired events; returns how
  // many went. An event with a child that stays is never removed.
  Result<size_t> Retain(std::span<const RetentionRule> rules, Timestamp now);

  struct Retained {
    size_t removed;
    bool more;  // call again: a limit of one call was reached
  };
  // The rules, then the scope (that of the request becomes the store's), then room.
  Result<Retained> Retain(RetainRequest request, Timestamp now);
  // What this store keeps from now on: Merge() takes nothing in of other topics and projects,
  // RetainScope() removes what is outside, then what is too old, then the oldest until the numbers
  // hold. As with Retain(): at most kMaxRetired events a call, returns how many went; neither an
  // event with a child that stays nor one that is pinned is ever removed.
  void SetScope(Scope scope) { scope_ = std::move(scope); }
  const std::optional<Scope>& scope() const { return scope_; }
  Result<size_t> RetainScope(Timestamp now);
  // Removes the oldest tenth, at most kMaxRoomEvents, for when the disk is full.
  Result<size_t> MakeRoom();
  // The store mirrors an upstream, which alone gives creation orders: those of local dispatches are
  // provisional.
  void MirrorUpstream() { is_mirror_ = true; }
  // Others follow this store: what Merge() has that is newer than everything here is told as the
  // dispatch that it was; what is older is history.
  void TellMergesToOthers() { tells_merges_ = true; }
  // Events that must stay, here or not yet, such as local writes that no server has. Those with a
  // provisional creation order are pinned anyway. Lives as long as the store is open.
  void Pin(const Uuid& id) { pinned_.insert(id); }
  void Unpin(const Uuid& id) { pinned_.erase(id); }

  // The job that a worker gets, or none (protocol.md 8.3). `actor.sender` is the worker's identity.
  Result<std::optional<Uuid>> Enroll(const EnrollRequest& request, const Actor& actor,
                                     Timestamp now, const Entropy& entropy);

  // Appends the answer to a worker (protocol.md 8.2): {"id","dependsOn","hash","status"}.
  void AppendJob(std::string& out, const Uuid& job) const;

  // What an upstream says of an event: writes `fields`, inserts when the id is new. A state older
  // than the one stored (by updated_at) only fills in what is not known here. An event with the
  // same hash under another id was replaced upstream and is replaced here. `progress` as in Change.
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress,
                     Trust trust = Trust::kNewest);

  // Events of an export, one JSON object a line (event/event_reader.h), in their order. A line that
  // is refused is reported and the others go in. Readers of changes are not told one by one: they
  // see the sequence. The next commit makes a checkpoint instead of journal records. kStorage when
  // too much waits for a commit: commit, and import the same lines again.
  Result<ImportReport> Import(std::string_view ndjson);

  // Appends the events after a cursor, one JSON object a line (kExport), by creation order; the
  // order itself is not written, Import keeps that of the lines. A part has at most `limit_bytes`,
  // or one event. A payload that cannot be read is left out, and the part says so.
  Result<ExportPart> Export(std::string& out, std::optional<double> after,
                            size_t limit_bytes) const;

  const EventTable& table() const { return table_; }
  // 0-100, of events that are not final; not durable.
  std::optional<double> progress(const Uuid& id) const;
  // Appends `{"events":[…],"pageInfo":{…}}` in the given form. kLoading: while events are being
  // loaded a page is known when the newest events fill it. As Judging(). An event whose payload
  // cannot be shown says why (AppendUnreadable).
  Result<void> AppendPage(std::string& out, const EventQuery& query, EventForm form) const;
  // Whether `page` is what the query gives with all events here, too: while they are being loaded,
  // when the newest events fill it.
  bool IsKnown(const EventQuery& query, const EventPage& page) const;
  // kLoading unless all events are here.
  Result<void> CheckLoaded() const;
  // See query/facets.h.
  void AppendCounts(std::string& out, const CountRequest& request) const;
  // Appends {"id","progress","updatedAt","perSecond","estimatedEnd","combined","children":{"total",
  // "open","finished","failed","aborted"}}; what is not known is null. `combined` is the mean over
  // the event's descendants without children of their own: settled ones count as 100, others as
  // what they reported. kNotFound.
  Result<void> AppendProgress(std::string& out, const Uuid& id) const;
  // Appends {"event":{…},"ancestors":[…],"descendants":[…],"complete":B} in the form of a row: the
  // parents from the root on, as far as they are here, and everything that depends on the event,
  // each before its own children. Not complete: kMaxTreeEvents or kMaxTreeDepth was reached.
  // kNotFound, kLoading.
  Result<void> AppendTree(std::string& out, const Uuid& id) const;
  // Appends [{"id","progress","updatedAt","perSecond","estimatedEnd"},…] of every event in work,
  // for somebody who has just come.
  void AppendProgressSnapshot(std::string& out) const;

  // Opens a live query under a number of the caller's choice and appends its first page; `form` is
  // that of its events, here and in patches: kRow or kCells. kLoading; as Judging().
  Result<void> OpenLive(uint32_t live, EventQuery query, std::string& out,
                        EventForm form = EventForm::kRow);
  void CloseLive(uint32_t live) { live_.Close(live); }
  // See LiveQueries::TakePatches. kCold; an event whose payload cannot be read is no match.
  Result<void> TakeLivePatches(std::string& out);

  // What is known of topics (docs/topics.md). Declarations live as long as the store is open.
  TopicRegistry& topics() { return topics_; }
  // See TopicRegistry::AppendTopics.
  void AppendTopics(std::string& out) const;
  // Where the last dispatch deviates from what is known of its topic.
  const std::vector<Advice>& advice() const { return advice_; }

  uint64_t sequence() const { return sequence_; }
  const Journal& journal() const { return journal_; }
  // What a replica notes beside the events; saved by the same commits.
  OutboxFile& outbox_file() { return outbox_file_; }
  // The changes since the last call, oldest first.
  std::vector<Change> TakeChanges() { return std::exchange(changes_, {}); }

 private:
  Result<void> CheckWritable() const;
  Result<void> CheckTopic(const DispatchRequest& request);
  Result<Uuid> Store(const DispatchRequest& request, const Actor& actor, Timestamp now,
                     const Entropy& entropy);
  Result<void> Replace(Row row, Event event);
  void Insert(Event event, bool is_dispatch);
  Result<void> Apply(const Change& change);
  Result<void> ReplayChange(const Change& change);
  void NoteOrder(const Change& change);
  // `is_whole`: the change has all of the event as it will be, not only what it writes.
  void Record(Change change, bool is_whole = false);
  void RedactChange(Change& change) const;
  void NoteProgress(const Event& event, std::optional<double> progress);
  void RemoveRow(Row row);
  bool IsPinned(Row row) const;
  size_t RemoveOldest(size_t limit, const std::function<bool(Row)>& wants);
  size_t RemoveLeavesFirst(const std::vector<Row>& rows, size_t limit);
  void AppendRow(std::string& out, Row row, EventForm form = EventForm::kRow) const;
  void AppendWhole(std::string& out, Row row, EventForm form) const;
  void AppendRows(std::string& out, const std::vector<Row>& rows) const;
  double CombinedProgress(Row row, size_t depth, size_t& budget) const;
  int64_t NextProvisionalOrder() const;

  Env* env_;
  EventTable table_;
  Journal journal_;
  OutboxFile outbox_file_{env_};
  TopicRegistry topics_;
  mutable Archive archive_;  // readers bring payloads back into memory
  PartialReplay partial_;
  std::vector<Change> changes_;
  std::function<void(const Change&)> on_replay_;
  ProgressBook progress_;
  std::vector<Advice> advice_;
  std::optional<Scope> scope_;
  std::set<Uuid> pinned_;
  LiveQueries live_{table_};
  Frontiers frontiers_{table_};
  uint64_t sequence_ = 0;
  int64_t next_order_ = 1;
  uint64_t durable_sequence_ = 0;
  uint64_t imported_bytes_ = 0;   // of lines whose events no commit has covered
  std::optional<Commit> commit_;  // on its way
  uint64_t committing_import_ = 0;
  bool open_ = false;
  bool has_lost_ = false;
  bool is_mirror_ = false;
  bool tells_merges_ = false;
};

}  // namespace cuesheet
