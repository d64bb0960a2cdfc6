// What a replica asks its upstream for, and in which order, as far as the upstream is no hub: new
// events, late ones, missed updates, the history, deletes (protocol.md 12.1 to 12.3; docs/sync.md,
// A stock server). Of a hub only single events are read again. One request at a time; the
// connection sends it and hands over the answer.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "replica/backoff.h"
#include "replica/outbox.h"
#include "replica/upstream_event.h"
#include "store/event_store.h"

namespace cuesheet {

inline constexpr size_t kReadPageSize = 500;
inline constexpr size_t kRereadBatch = 100;
inline constexpr size_t kChangesPageSize = 200;  // of POST /api/query, whose rows have payloads
inline constexpr size_t kMaxChangesPages = 500;
inline constexpr size_t kMaxOpenPages = 20;
inline constexpr size_t kMaxRereads = 10'000;   // ids that wait to be read again
inline constexpr size_t kMaxHeard = 50'000;     // ids of the messages of the last seconds
inline constexpr size_t kMaxMissing = 10'000;   // ids that the upstream did not have when asked
inline constexpr size_t kRecentEvents = 1'000;  // that are swept in turns with all others
// Numbers are drawn before their events can be seen (protocol.md 12.1): walks begin so many numbers
// below the newest, or with the events of the last minutes before it, but not more than so many.
inline constexpr int64_t kOverlapNumbers = 500;
inline constexpr int64_t kOverlapMs = 600'000;
inline constexpr size_t kMaxOverlapEvents = 5'000;
// Server clocks differ (protocol.md 12.5), and updates are asked for by their time.
inline constexpr int64_t kClockToleranceMs = 120'000;
// A message is sent before its transaction ends (protocol.md 9.5): a row that is read within this
// time after it may be older.
inline constexpr int64_t kMessageGraceMs = 5'000;
inline constexpr int64_t kOverlapEveryMs = 60'000;   // for kOverlapMs after the last new event
inline constexpr int64_t kChangesEveryMs = 300'000;  // missed messages, replaced events
inline constexpr int64_t kSweepEveryMs = 5'000;      // one request each
inline constexpr int64_t kHistoryAgainMs = 30'000;   // after a page that could not be read
inline constexpr int64_t kMissingAgainMs = 120'000;  // at least, until a missing event is gone

// Whether payloads are read with the events: a relay serves them, a replica asks when it needs one.
enum class Payloads : uint8_t { kOnDemand, kWithEvents };

class Reader {
 public:
  Reader(EventStore* store, Outbox* outbox, Payloads payloads)
      : store_(store), outbox_(outbox), payloads_(payloads) {}

  // A connection was opened: everything that may have been missed is to be read.
  Result<void> Begin(Timestamp now);
  // Whether the upstream is a hub, whose feed tells all but what Look() asks for.
  void Follow(bool follows);
  // The request under way is given up.
  void GiveUp() { kind_ = Kind::kNone; }

  // A message of the WebSocket.
  Result<void> Heard(const UpstreamEvent& upstream, Timestamp now);
  // These are to be read again; `walk`: so is what is new.
  void Look(std::span<const Uuid> ids, bool walk);
  // Nobody says when the upstream took the auth message: new events are looked for once more.
  void LookForNew() { WantWalk(OverlapStart()); }

  struct Request {
    std::string_view method;
    std::string path;
    std::string body;  // JSON; "" = none
  };
  // What has to be read before the replica is up to date; none = it is.
  std::optional<Request> NextUrgent(Timestamp now);
  bool has_urgent() const;
  // What else is due.
  std::optional<Request> NextInBackground(Timestamp now);
  // When there is more of that.
  std::optional<Timestamp> due() const;
  bool is_reading() const { return kind_ != Kind::kNone; }

  enum class Outcome : uint8_t { kDone, kUnauthorized, kFailed };
  // The answer; `status` 0 = none.
  Result<Outcome> Answered(int status, std::string_view body, Timestamp now);

  // The part of the history that has been read, 0 to 1; none = all of it.
  std::optional<double> history() const;

  // To be told of every clock that is set back, as Deadlines.
  void NoteTime(Timestamp now) {
    deadlines_.Note(now, {&heard_until_, &later_at_, &overlap_at_, &overlap_until_, &changes_at_,
                          &missing_at_, &sweep_at_, &history_at_});
  }

 private:
  enum class Kind : uint8_t {
    kNone,
    kNewest,    // the first page of all, newest first
    kWalk,      // what is new, oldest first
    kReread,    // by ids
    kChanges,   // what was updated since, of an upstream that lets us ask (admins)
    kOpen,      // the jobs that are open there, for the others
    kHistory,   // what is older than all that is here
    kReplaced,  // `reuse` puts new ids to old places (protocol.md 12.3)
    kSweep,     // whether events are still there, and as they are here
    kConfirm,   // one that was not
  };

  // Of the edges that an answer had; 0 = none has a creation order.
  struct Page {
    size_t edges = 0;
    int64_t last = 0, lowest = 0, highest = 0;
    Timestamp newest_update{};
  };

  Request Ask(Kind kind, const std::string& variables);
  Request AskChanges();
  Request AskIds(Kind kind);
  void ForgetHeard(Timestamp now);
  Result<void> HeardOfNew(const Uuid& id, Timestamp now);
  void WantOverlap(Timestamp now);
  void WantWalk(int64_t after);
  void QueueReread(const Uuid& id);
  void QueueOpenJobs();
  int64_t OverlapStart() const;
  Timestamp NewestUpdate() const;

  Outcome Failed(int status, Timestamp now);
  Result<void> TakeEdges(const Json& edges, Timestamp now);
  Result<void> TakeChanges(const Json& rows, Timestamp now);
  Result<void> TakeRow(const UpstreamEvent& upstream, Timestamp now);
  Result<void> TakeConfirmation(int status);
  void NoteMissing(Timestamp now);
  void PageEnds(const Page& page);
  bool IsBehindScope(const Page& page) const;
  void ChangesEnd();
  void PickSweep();
  void Save();

  EventStore* store_;
  Outbox* outbox_;
  Payloads payloads_;
  bool follows_ = false;
  Kind kind_ = Kind::kNone;  // of the request under way
  ReadPosition position_;
  std::optional<ReadPosition> saved_;

  bool newest_wanted_ = false;
  std::optional<int64_t> walk_;  // after this number
  bool is_walk_new_ = false;     // nothing of it has been asked yet
  uint64_t walk_number_ = 0;     // in the outbox
  std::deque<Uuid> rereads_;
  std::vector<Uuid> reading_;  // of the reread or sweep under way
  std::set<Uuid> found_;       // of these
  uint64_t reread_ = 0;        // its number in the outbox
  bool changes_wanted_ = false;
  bool may_query_ = true;      // the upstream lets this user ask for changes
  int64_t changes_below_ = 0;  // the newest number when that began
  Timestamp changes_mark_{};   // the newest update that was known then
  size_t page_ = 0;            // of the changes, or the open jobs
  std::string open_before_;    // cursor of the open jobs
  bool replaced_wanted_ = false;
  std::set<Uuid> heard_, heard_before_;
  std::set<Uuid> later_;  // rows that were older than a message
  std::set<Uuid> missing_, missing_before_;
  std::deque<Uuid> confirms_;
  std::set<Uuid> confirmed_;  // there by their address, though not found by GraphQL
  Timestamp hidden_until_{};  // events updated before are not shown by a licence (6.3)
  bool sweeps_recent_ = false;
  size_t swept_recent_ = 0;
  size_t sweeps_at_once_ = 0;                    // of the newest events, after connecting
  double recent_before_ = 0, sweep_before_ = 0;  // creation orders; 0 = from the newest on
  Deadlines deadlines_;
  std::optional<Timestamp> heard_until_, later_at_, overlap_at_, overlap_until_, changes_at_,
      missing_at_, sweep_at_, history_at_;
};

}  // namespace cuesheet
