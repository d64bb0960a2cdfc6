// Local writes that the upstream has not confirmed yet. They show at once, are noted on disk, are
// sent one after the other, in order, and are repeated until the upstream has answered
// (docs/sync.md, Local writes; protocol.md 12.4). A refused write is undone here, and kept for the
// user to see.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/effects.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "journal/note_file.h"
#include "replica/backoff.h"
#include "replica/upstream_answer.h"
#include "store/event_store.h"

namespace cuesheet {

inline constexpr size_t kMaxLocalWrites = 10'000;
inline constexpr uint64_t kMaxOutboxBytes = 32 << 20;  // of their notes
// Bounds of the dispatches that go to a hub in one request.
inline constexpr size_t kMaxBatchWrites = 100;
inline constexpr size_t kMaxBatchWriteBytes = 512 << 10;
inline constexpr int64_t kSendTimeoutMs = 35'000;  // longer than the host's own
inline constexpr int64_t kResendBaseMs = 500;      // doubles, full jitter
inline constexpr int64_t kResendCapMs = 30'000;
inline constexpr size_t kMaxRemovedIds = 10'000;  // remembered, until the store is opened again
// After this many answers of the upstream that it failed (500), a write counts as refused. Without
// any answer of the upstream it is repeated as long as it takes.
inline constexpr uint32_t kMaxServerErrors = 20;
// A write that something in front of the upstream answers this often in a row, while another one
// passes, is blocked: the others no longer wait for it.
inline constexpr uint32_t kBlockedAfter = 2;
inline constexpr int64_t kBlockedBaseMs = 30'000;  // to the next attempt, and a jitter that doubles
inline constexpr int64_t kBlockedCapMs = 300'000;
// A write for which the upstream has no room (507) is held: it stays queued however often that is
// answered, and is sent again after this, doubled each time, with full jitter above the shortest.
inline constexpr int kNoRoomStatus = 507;
inline constexpr int64_t kHeldMinMs = 5'000;
inline constexpr int64_t kHeldBaseMs = 10'000;
inline constexpr int64_t kHeldCapMs = 300'000;
inline constexpr uint64_t kFeedNoteStep = 64;        // changes
inline constexpr size_t kMaxDetailBytes = 64 << 10;  // of what a server says of a refusal

// A place in the change feed of a hub.
struct FeedPosition {
  std::string store;  // its id
  uint64_t next = 0;  // the sequence from which the changes continue
};

// How far a stock server has been read (replica/read_state.h).
struct ReadPosition {
  int64_t walked_to = 0;  // the highest creation order so far
  int64_t floor = 0;      // the history was read down to this one; 0 = to its beginning
  Timestamp changes{};    // updates were read up to this one, by the upstream's clock
  bool operator==(const ReadPosition&) const = default;
};

struct LocalWrite {
  enum class Kind : uint8_t { kDispatch, kUpdate, kRemove };
  enum class State : uint8_t {
    kQueued,     // to be sent, or sent and not answered
    kDelivered,  // the upstream has it; its row has not been read (again) yet
    kRefused,    // undone here; kept until the user retries or discards it
  };

  uint64_t number = 0;  // ascending
  Kind kind = Kind::kDispatch;
  State state = State::kQueued;
  Uuid id{};      // of the event as it is called here now
  Json body{};    // what is sent; of a removal null
  Json before{};  // update: the values that it replaced; removal: the event, as an export has it,
                  // or null when the upstream has none
  Timestamp made_at{};  // by the clock of the device
  bool was_sent = false;
  bool is_blocked = false;  // queued, and something in front of the upstream keeps it
  bool is_held = false;     // the upstream had no room for it; not noted, it is asked again
  bool was_passed = false;  // by a later write, since it failed alone
  uint32_t failures = 0;    // in a row, alone: not answered by the upstream, or 500
  uint32_t server_errors = 0;
  std::optional<Timestamp> again_at{};  // not before
  uint64_t delivered_in = 0;            // the last reread that had begun
  int status = 0;        // of the refusal, or kNoRoomStatus while it is held; 0 = none
  std::string detail{};  // its text
};

class Outbox {
 public:
  // Its notes become durable with the commits of the store.
  Outbox(EventStore* store, EffectQueue* effects)
      : store_(store), effects_(effects), file_(store->files().env(), kOutboxPrefix) {
    store->files().Join(&file_);
  }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Each applies the write here, queues it and returns its number. kInvalid for a body that the
  // upstream would refuse, kState for what cannot wait for it (store: false, reuse, server.*, what
  // the scope does not keep), kNotFound for an event that is not here, kStorage when too much is
  // queued; as the ledger's commands otherwise.
  struct Queued {
    uint64_t number;
    Uuid id;
  };
  Result<Queued> Dispatch(Json body, const Actor& actor, Timestamp now, const Entropy& entropy);
  Result<Queued> Update(const Uuid& id, Json body, Timestamp now);
  Result<Queued> Remove(const Uuid& id, Timestamp now);

  // What the upstream says of an event, laid under the writes that wait. As Ledger::Merge; by
  // default a row counts, however old it is, where the state here was only assumed.
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress,
                     std::optional<Trust> trust = {});
  // The upstream no longer has the event.
  Result<void> RemovedUpstream(const Uuid& id);
  // All that the upstream has is merged between the two: what was removed here, and is not among
  // it, does not come back when the removal is refused.
  // `shows`: whether it has shown an event that is here.
  void SnapshotBegins(const std::function<bool(const Uuid&)>& shows);
  void SnapshotEnds();

  // Whether a dispatch of the event waits for its turn or for its row.
  bool HasDispatch(const Uuid& id) const;

  // How far a hub's feed has been followed, in an earlier session too; none = not at all, or the
  // events here are not complete up to there.
  Result<std::optional<FeedPosition>> feed();
  // Noted only now and then, because applying a change twice does no harm.
  void FollowedTo(const FeedPosition& position);

  // The same for a stock server.
  Result<std::optional<ReadPosition>> reading();
  void ReadTo(const ReadPosition& position);
  // Whether the event was removed here and upstream.
  bool WasRemoved(const Uuid& id) const { return removed_.contains(id); }

  // Whether the upstream is a hub that is followed: then the row of a dispatch arrives with the
  // feed, and has its id.
  void Follow(bool follows);
  // Sends the next write when it is time; `may_send`: the connection is live.
  Result<void> Pump(bool may_send, Timestamp now, const Entropy& entropy);
  // The answer to the effect `write`.
  Result<void> Answered(uint64_t request, const UpstreamAnswer& answer, Timestamp now,
                        const Entropy& entropy);
  // What the last answer was, when something else than the upstream gave it; "" = it did not.
  const std::string& intercepted() const { return intercepted_; }

  // Queues a refused write again, or sends a blocked one, or held ones, now. kNotFound.
  Result<void> Retry(uint64_t number, Timestamp now);
  // Forgets a refused write, or undoes one that was never sent, is blocked or is held. kNotFound;
  // kState for a write that the upstream may have.
  Result<void> Discard(uint64_t number);

  // Appends a JSON list of the writes, oldest first, without delivered ones.
  Result<void> AppendList(std::string& out);
  // Queued and refused ones, and those of the queued ones for which the upstream has no room.
  struct Counts {
    size_t queued = 0;  // without blocked ones
    size_t blocked = 0;
    size_t refused = 0;
    size_t held = 0;
  };
  Counts counts() const;
  // Of the notes, as the next commit leaves them.
  uint64_t file_bytes() const { return file_.bytes(); }

  // What the connection has to find out about delivered and refused writes.
  struct Questions {
    std::vector<Uuid> rereads;   // events to read again
    std::vector<Uuid> expected;  // dispatches whose rows a feed has to bring
    bool needs_walk = false;     // only a walk can find the id of one
  };
  Questions TakeQuestions() { return std::exchange(questions_, {}); }
  // Queues the events of refused writes, and of delivered ones whose row was not read since: each
  // new connection reads them again.
  void RereadDelivered();
  // A reread begins now; returns its number.
  uint64_t RereadBegins() { return ++last_reread_; }
  // The rows were merged: writes that were delivered before the reread are settled.
  Result<void> RereadEnded(uint64_t reread, std::span<const Uuid> ids);
  // All new events were read since that number: a delivered dispatch whose id is still unknown was
  // deleted since.
  Result<void> WalkEnded(uint64_t walk);
  // The upstream no longer accepts the user (401): nothing is sent until the next login.
  bool TakeUnauthorized() { return std::exchange(unauthorized_, false); }

 private:
  Result<void> EnsureOpen();
  void TakeNote(const Json& note);
  Result<void> Salvage();
  Result<void> CheckRoom(const Json& body) const;
  Result<Queued> Add(LocalWrite write);
  void Note(const Json& note);
  Json FeedNote() const;
  Json ReadingNote() const;
  void NoteState(const LocalWrite& write);
  void Drop(uint64_t number);

  LocalWrite* Find(uint64_t number);
  LocalWrite* FindDispatch(const Event& event, FieldSet fields);
  // The event that is here with the dispatch's hash, if the upstream has it: a row that only a
  // queued dispatch made is no proof.
  std::optional<Uuid> UpstreamWithHashOf(const LocalWrite& dispatch) const;
  std::vector<LocalWrite*> Next(Timestamp now);
  std::vector<LocalWrite*> Next(Timestamp now, uint64_t but);
  Result<void> Send(const std::vector<LocalWrite*>& batch, Timestamp now);
  Result<void> BatchAnswered(const std::vector<uint64_t>& numbers, const UpstreamAnswer& answer,
                             const Json& json, Timestamp now, const Entropy& entropy);
  Result<void> Settle(uint64_t number, const UpstreamAnswer& answer, const Json& json,
                      Timestamp now, const Entropy& entropy);
  void WaitAndRetry(Timestamp now, const Entropy& entropy);
  void Failed(LocalWrite& write, const UpstreamAnswer& answer, AnswerSource source, Timestamp now,
              const Entropy& entropy);
  void Passed(LocalWrite& write);
  void OnePassed();
  void Block(LocalWrite& write, Timestamp now, const Entropy& entropy);
  void Hold(LocalWrite& write, const Json& answer, Timestamp now, const Entropy& entropy);
  void Release(LocalWrite& write);
  void Become(LocalWrite& write, LocalWrite::State state);
  void Removed(const Uuid& id);
  void DropDelivered(const Uuid& id);
  Result<void> Delivered(LocalWrite& write, const Json& answer);
  Result<void> TookHash(LocalWrite& write, const Uuid& id);
  void UpdateDelivered(LocalWrite& write);
  Result<void> Rename(Uuid from, Uuid to);
  Result<void> Refuse(LocalWrite& write, int status, const std::string& detail);
  Result<void> TakeBack(const LocalWrite& write);
  Result<void> Apply(const LocalWrite& write);
  Result<void> ApplyUpdate(const Uuid& id, const Json& body);
  Result<void> Restore(const Json& event);
  Result<Json> BeforeRemoval(const Uuid& id) const;
  void ForgetForRestore(LocalWrite& write);
  void KeepForRestore(LocalWrite& removal, const Event& event, FieldSet fields);
  void LayUnder(LocalWrite& update, const Event& event, FieldSet& fields);
  void Tell(const LocalWrite& write, WriteOutcome outcome);
  void Wake(int64_t delay_ms);
  void NoteTime(Timestamp now);

  EventStore* store_;
  EffectQueue* effects_;
  NoteFile file_;
  std::list<LocalWrite> writes_;  // a list, so that pointers to other writes stay valid
  uint64_t last_number_ = 0;
  bool is_open_ = false;
  bool is_salvaged_ = false;
  uint64_t request_ = 0;           // of the last sending
  std::vector<uint64_t> sending_;  // numbers of the writes under way; more than one = a batch
  bool may_batch_ = true;          // the hub has batches
  size_t batch_limit_ = kMaxBatchWrites;  // halved when a batch fails, doubled when one passes
  uint64_t failed_last_ = 0;              // the write whose failure was the last answer
  std::string intercepted_;
  Deadlines deadlines_;
  std::optional<Timestamp> send_by_, resend_at_;
  std::optional<Timestamp> held_until_;  // of all held writes
  uint32_t held_attempts_ = 0;           // since the upstream last had room for one
  uint32_t attempts_ = 0;                // that failed in a row
  // Removed here and upstream: a late message must not restore them. Ids are never reused.
  std::set<Uuid> removed_;
  std::set<Uuid> shown_removed_;  // by the snapshot that is coming in, and removed here
  std::function<bool(const Uuid&)> snapshot_shows_;  // unset = none is coming in
  std::set<Uuid>
      assumed_;  // states that are this replica's guess: the next row of the upstream rules
  Questions questions_;
  uint64_t last_reread_ = 0;
  bool follows_ = false;
  bool unauthorized_ = false;
  std::optional<FeedPosition> feed_;
  std::optional<FeedPosition> noted_feed_;
  std::optional<ReadPosition> reading_;
  size_t stale_notes_ = 0;  // in the file, of writes that are done or have changed
};

}  // namespace cuesheet
