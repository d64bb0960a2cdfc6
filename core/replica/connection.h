// The replica's connection to its upstream as a state machine without I/O: the host reports what
// happened, and the machine answers with effects (docs/sync.md; the states are in
// connection_state.h). It is for the modules and the simulator. Times are those of the host's
// clock. One request is under way at a time.
//
// An upstream that answers the auth message with its change feed is a hub, and is followed exactly
// (replica/mirror.h). Any other upstream is read as far as AYON allows (replica/planner.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/effects.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "replica/backoff.h"
#include "replica/connection_state.h"
#include "replica/mirror.h"
#include "replica/outbox.h"
#include "replica/outbox_target.h"
#include "replica/planner.h"
#include "store/event_store.h"

namespace cuesheet {

inline constexpr int64_t kConnectTimeoutMs = 10'000;
inline constexpr int64_t kFetchTimeoutMs = 30'000;
inline constexpr int64_t kSilenceTimeoutMs = 60'000;  // AYON's heartbeat may lag (protocol.md 9.5)
inline constexpr int64_t kConfirmDelayMs = 250;   // from a live message to the walk for its event
inline constexpr int64_t kSettleDelayMs = 1'000;  // from live to one more walk
// A hub that was followed before must answer the auth message within this time. Otherwise a walk
// asks whether the user still exists, before the hub closes a socket that has not logged in (3 s,
// protocol.md 9.2).
inline constexpr int64_t kFeedAnswerMs = 2'000;
inline constexpr int64_t kBackoffBaseMs = 500;
inline constexpr int64_t kBackoffCapMs = 30'000;
// A refused credential is tried again, so that a relay and a page go on by themselves: a page asks
// for a new one each time.
inline constexpr int64_t kRefusedBaseMs = 5'000;  // doubles, full jitter
inline constexpr int64_t kRefusedCapMs = 300'000;

class Connection {
 public:
  Connection(EventStore* store, EffectQueue* effects, Outbox* outbox,
             Payloads payloads = Payloads::kOnDemand)
      : effects_(effects),
        outbox_(outbox),
        payloads_(payloads),
        planner_(&store->view(), outbox, payloads),
        local_(outbox, IsRelay() ? Trust::kFeed : Trust::kUpstream),
        mirror_(&store->view(), &local_) {}

  // Begins again when it is connected.
  void Start(Timestamp now);
  void Stop();
  Result<void> Opened(Timestamp now);
  void Closed(Timestamp now, const Entropy& entropy);
  void Online(Timestamp now);
  void Offline();
  // Fails when the store refuses the write; then a hub sends it again. Fails with kInvalid for what
  // no hub sends; then a snapshot is taken. Fails with kState when a relay cannot follow this hub;
  // then it connects again later.
  Result<void> Message(std::string_view text, Timestamp now, const Entropy& entropy);
  // Whole lines of the snapshot that the effect `snapshot` requested, in their order.
  Result<void> Snapshot(uint64_t request, std::string_view lines, Timestamp now,
                        const Entropy& entropy);
  // The snapshot has ended, or the answer says why not; status 0 = none, or it was cut off. The
  // body is that of a refusal; lines come by Snapshot().
  Result<void> SnapshotEnded(uint64_t request, const UpstreamAnswer& answer, Timestamp now,
                             const Entropy& entropy);
  Result<void> Fetched(uint64_t request, const UpstreamAnswer& answer, Timestamp now,
                       const Entropy& entropy);
  Result<void> Timer(Timestamp now, const Entropy& entropy);

  // Reads what the outbox asks about when it is live.
  void Look(const Outbox::Questions& questions, Timestamp now);
  // The upstream does not accept the user, as with a 401.
  void Refused(Timestamp now, const Entropy& entropy);

  ConnectionState state() const { return state_; }
  const Planner& planner() const { return planner_; }
  // What the last answer was, when something else than the upstream gave it; "" = it did not.
  const std::string& intercepted() const {
    return snapshot_intercepted_.empty() ? planner_.intercepted() : snapshot_intercepted_;
  }

 private:
  // A relay serves what it follows to others.
  bool IsRelay() const { return payloads_ == Payloads::kWithEvents; }
  Result<bool> WaitsForFeed();
  void Authenticate();
  void NoteTime(Timestamp now);
  void Follow(bool follows);
  Result<void> BeginReading(Timestamp now);
  Result<void> FeedMessage(const Json& message, Timestamp now);
  Result<void> Changes(const Json& message, Timestamp now);
  void FetchSnapshot(Timestamp now);
  void Connect(Timestamp now);
  void Drop(Timestamp now, const Entropy& entropy);
  void Enter(ConnectionState state);
  void NextFetch(Timestamp now);
  void Fetch(const ReadRequest& request, Timestamp now);
  void SetTimer(Timestamp now);

  EffectQueue* effects_;
  Outbox* outbox_;
  Payloads payloads_;
  Planner planner_;
  OutboxTarget local_;
  Mirror mirror_;
  bool is_followed_ = false;  // the upstream is a hub, and has answered
  uint64_t hub_version_ = 0;  // that it has said (event/feed_version.h)
  FeedPosition position_;     // in the hub's changes; an empty store = none yet
  ConnectionState state_ = ConnectionState::kStopped;
  bool needs_snapshot_ = false;  // the hub's changes do not fit the stored events
  bool takes_snapshot_ = false;
  uint64_t passed_to_ = 0;  // the end of the batches that came meanwhile, and were dropped
  std::string snapshot_intercepted_;
  bool has_taken_snapshot_ = false;  // and the hub has not answered the login with its sequence
  uint64_t request_ = 0;             // number of the fetch under way, or of the last one
  uint32_t attempts_ = 0;
  uint32_t refusals_ = 0;  // since it was live
  Deadlines deadlines_;
  // When each of these is due; unset = not waiting for it.
  std::optional<Timestamp> reconnect_at_, connect_by_, fetch_by_, feed_by_, silence_by_,
      confirm_at_;
};

}  // namespace cuesheet
