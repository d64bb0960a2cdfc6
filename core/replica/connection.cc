#include "replica/connection.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "event/feed_version.h"

namespace cuesheet {
namespace {

constexpr std::string_view kGoneAgain =
    "upstream: the changes after its snapshot are gone already, or do not belong to it";

// A relay serves payloads, so it must not follow a hub that leaves them out.
Result<void> CheckPayloads(const Json& message) {
  const Json* payloads = FindMember(message, "payloads");
  if (payloads != nullptr && *payloads == true) return {};
  return Fail(ErrorCode::kState,
              "this hub is of a version whose change feed has no payloads, which a relay needs: "
              "update the hub, and the relay follows it");
}

std::optional<uint64_t> NextOf(const Json& batch) {
  const Json* next = FindMember(batch, "next");
  if (next == nullptr || !next->is_number_unsigned()) return std::nullopt;
  return next->get<uint64_t>();
}

// Whether the batch ends before the position: its states are older than those that are here.
bool IsBefore(const FeedPosition& position, const Json& batch) {
  const auto next = NextOf(batch);
  return next && *next < position.next && TextMember(batch, "store") == position.store;
}

}  // namespace

void Connection::Start(Timestamp now) {
  NoteTime(now);
  if (IsConnected(state_)) Stop();
  attempts_ = 0;
  Connect(now);
}

void Connection::Stop() {
  effects_->Disconnect();
  reconnect_at_ = connect_by_ = fetch_by_ = feed_by_ = silence_by_ = confirm_at_ = std::nullopt;
  takes_snapshot_ = has_taken_snapshot_ = false;
  planner_.GiveUp();
  ++request_;  // a late answer to the old request is ignored
  Enter(ConnectionState::kStopped);
}

void Connection::Online(Timestamp now) {
  NoteTime(now);
  const bool is_pausing = state_ == ConnectionState::kOffline ||
                          state_ == ConnectionState::kWaiting ||
                          state_ == ConnectionState::kUnauthorized;
  if (is_pausing) Start(now);
}

void Connection::Offline() {
  if (state_ == ConnectionState::kStopped || state_ == ConnectionState::kUnauthorized) return;
  Stop();
  Enter(ConnectionState::kOffline);
}

Result<void> Connection::Opened(Timestamp now) {
  NoteTime(now);
  if (state_ != ConnectionState::kConnecting) return {};
  connect_by_ = std::nullopt;
  silence_by_ = In(now, kSilenceTimeoutMs);
  hub_version_ = kSilentFeedVersion;
  Follow(false);
  if (position_.store.empty()) {
    CUE_ASSIGN(const auto known, outbox_->feed());
    if (known) position_ = *known;
  }
  CUE_ASSIGN(const bool waits, WaitsForFeed());
  Authenticate();
  Enter(ConnectionState::kCatchingUp);
  if (!waits) return BeginReading(now);
  feed_by_ = In(now, kFeedAnswerMs);
  SetTimer(now);
  return {};
}

// A relay sends changes to its sockets in the order of the feed, so it reads nothing before it is
// certain that there is no feed.
Result<bool> Connection::WaitsForFeed() {
  if (!position_.store.empty() || needs_snapshot_) return true;
  if (!IsRelay()) return false;
  CUE_ASSIGN(const auto read_before, outbox_->reading());
  return !read_before;
}

void Connection::NoteTime(Timestamp now) {
  deadlines_.Note(
      now, {&reconnect_at_, &connect_by_, &fetch_by_, &feed_by_, &silence_by_, &confirm_at_});
  planner_.NoteTime(now);
}

void Connection::Authenticate() {
  effects_->Authenticate({.since = position_.next,
                          .store = position_.store,
                          .is_relay = IsRelay(),
                          .version = kFeedVersion});
}

Result<void> Connection::BeginReading(Timestamp now) {
  feed_by_ = std::nullopt;
  CUE_TRY(planner_.Begin(now));
  NextFetch(now);
  return {};
}

void Connection::Closed(Timestamp now, const Entropy& entropy) {
  NoteTime(now);
  if (IsConnected(state_)) Drop(now, entropy);
}

Result<void> Connection::Message(std::string_view text, Timestamp now, const Entropy& entropy) {
  NoteTime(now);
  if (state_ != ConnectionState::kCatchingUp && state_ != ConnectionState::kLive) return {};
  silence_by_ = In(now, kSilenceTimeoutMs);
  const auto message = ParseJson(text);
  // Only a hub sends these.
  if (message && TextMember(*message, "topic").starts_with("cuesheet.")) {
    const auto taken = FeedMessage(*message, now);
    if (!taken) {  // the next connection continues from before this batch
      needs_snapshot_ = needs_snapshot_ || taken.error().code == ErrorCode::kInvalid;
      Drop(now, entropy);
    }
    return taken;
  }
  const auto upstream = message ? ParseSocketEvent(*message) : std::nullopt;
  if (upstream && upstream->stored) {
    CUE_TRY(planner_.Heard(*upstream, now));
    // The end of the feed's changes begins the reading, and only it can make the replica live.
    const bool waits_for_feed = is_followed_ && state_ == ConnectionState::kCatchingUp;
    const bool may_read = !planner_.is_reading() && !takes_snapshot_ && !waits_for_feed;
    if (!confirm_at_ && may_read && planner_.has_urgent()) {
      // Not at once: the transaction of the message may not have ended yet (protocol.md 9.5), and
      // one walk serves several messages.
      confirm_at_ = In(now, kConfirmDelayMs);
    }
  }
  SetTimer(now);
  return {};
}

Result<void> Connection::FeedMessage(const Json& message, Timestamp now) {
  const std::string_view topic = TextMember(message, "topic");
  const Json* version = FindMember(message, "version");
  if (version != nullptr && version->is_number_unsigned()) {
    hub_version_ = version->get<uint64_t>();
  }
  if (topic == "cuesheet.changes") return Changes(message, now);
  if (topic == "cuesheet.open") {
    const Json* events = FindMember(message, "events");
    return events == nullptr ? Result<void>() : mirror_.Events(*events);
  }
  if (topic == "cuesheet.gone") {
    // The next one waits: it may be gone again, for example where requests and sockets of one
    // address reach different servers.
    if (has_taken_snapshot_) return Fail(ErrorCode::kState, std::string(kGoneAgain));
    Follow(true);
    FetchSnapshot(now);
  } else if (topic == "cuesheet.refused") {
    const bool waits = feed_by_ || std::exchange(has_taken_snapshot_, false);
    position_ = {};
    Follow(false);
    if (waits) return BeginReading(now);
  }
  return {};
}

void Connection::Follow(bool follows) {
  is_followed_ = follows;
  planner_.Follow(follows);
  outbox_->Follow(follows);
}

// The upstream is a hub, and this is its feed, in order.
Result<void> Connection::Changes(const Json& message, Timestamp now) {
  if (takes_snapshot_) {  // from the login before it, so it need not fit its end
    if (const auto next = NextOf(message)) passed_to_ = std::max(passed_to_, *next);
    return {};
  }
  feed_by_ = std::nullopt;
  if (IsRelay()) CUE_TRY(CheckPayloads(message));
  if (!is_followed_) {  // what is being read from it is not needed
    Follow(true);
    ++request_;
    fetch_by_ = confirm_at_ = std::nullopt;
    outbox_->RereadDelivered();
  }
  // Changes since 0 are enough only for a store without events. The upstream may be a relay, whose
  // store begins when the relay starts: its changes do not have what was removed before.
  if (needs_snapshot_ || (position_.store.empty() && mirror_.HasUpstreamEvents())) {
    FetchSnapshot(now);
    return {};
  }
  if (IsBefore(position_, message)) {  // sent before the login that followed the snapshot
    SetTimer(now);
    return {};
  }
  if (has_taken_snapshot_) fetch_by_ = std::nullopt;
  CUE_ASSIGN(const uint64_t next, mirror_.Changes(message));
  const Json* head = FindMember(message, "head");
  const bool is_last =
      head == nullptr || !head->is_number_unsigned() || next >= head->get<uint64_t>();
  has_taken_snapshot_ = false;
  position_ = {std::string(TextMember(message, "store")), next};
  outbox_->FollowedTo(position_);
  effects_->Acknowledge(next);
  if (state_ == ConnectionState::kCatchingUp && is_last) {
    outbox_->RereadDelivered();
    NextFetch(now);
  } else {
    SetTimer(now);
  }
  return {};
}

void Connection::FetchSnapshot(Timestamp now) {
  planner_.GiveUp();
  feed_by_ = confirm_at_ = std::nullopt;
  needs_snapshot_ = takes_snapshot_ = true;
  passed_to_ = 0;
  // A hub of an older version leaves the line at the end out. Of any other one a snapshot without
  // it was cut off, or is not this hub's.
  mirror_.BeginSnapshot(hub_version_ >= kEndsSnapshotsSince);
  Enter(ConnectionState::kCatchingUp);
  fetch_by_ = In(now, kFetchTimeoutMs);
  effects_->Snapshot(++request_, IsRelay() ? "/api/snapshot?form=columns&end=true&payloads=true"
                                           : "/api/snapshot?form=columns&end=true");
  SetTimer(now);
}

Result<void> Connection::Snapshot(uint64_t request, std::string_view lines, Timestamp now,
                                  const Entropy& entropy) {
  NoteTime(now);
  if (request != request_ || !takes_snapshot_) return {};
  fetch_by_ = In(now, kFetchTimeoutMs);
  SetTimer(now);
  const auto taken = mirror_.Snapshot(lines);
  if (!taken) Drop(now, entropy);
  return taken;
}

Result<void> Connection::SnapshotEnded(uint64_t request, const UpstreamAnswer& answer,
                                       Timestamp now, const Entropy& entropy) {
  NoteTime(now);
  if (request != request_ || !takes_snapshot_) return {};
  const Json refusal = ParseJson(answer.body).value_or(Json());
  const AnswerSource source = SourceOf(AskedFor::kSnapshot, answer, refusal);
  const bool is_own = source == AnswerSource::kUpstream;
  snapshot_intercepted_ = source == AnswerSource::kElsewhere ? Describe(answer) : "";
  if (is_own && (answer.status == 401 || answer.status == 403)) {
    Refused(now, entropy);
    return {};
  }
  const bool has_ended = is_own && answer.status == 200;
  const auto next = has_ended ? mirror_.EndSnapshot() : Fail(ErrorCode::kState, "");
  if (!next) {
    Drop(now, entropy);
    return {};
  }
  needs_snapshot_ = takes_snapshot_ = false;
  has_taken_snapshot_ = true;
  fetch_by_ = std::nullopt;
  position_ = {mirror_.snapshot_store(), *next};
  outbox_->FollowedTo(position_);
  // The login before the snapshot has sent changes that are not in it, and its next batch may come
  // before the answer to a new login. Only another socket has no gap.
  if (passed_to_ > position_.next) {
    Drop(now, entropy);
    return {};
  }
  // A login that fails is not answered and leaves the one before, which the hub has told `gone`.
  Authenticate();
  fetch_by_ = In(now, kFetchTimeoutMs);
  SetTimer(now);
  return {};
}

void Connection::Look(const Outbox::Questions& questions, Timestamp now) {
  NoteTime(now);
  planner_.Look(questions, now);
  const bool is_idle = !planner_.is_reading() && !takes_snapshot_ && !confirm_at_;
  if (state_ == ConnectionState::kLive && is_idle && planner_.has_urgent()) {
    confirm_at_ = In(now, kConfirmDelayMs);
    SetTimer(now);
  }
}

void Connection::Refused(Timestamp now, const Entropy& entropy) {
  if (state_ == ConnectionState::kStopped) return;
  Stop();
  const int64_t delay = FullJitterMs(entropy, kRefusedBaseMs, kRefusedCapMs, refusals_++);
  reconnect_at_ = In(now, std::max(kBackoffBaseMs, delay));
  Enter(ConnectionState::kUnauthorized);
  SetTimer(now);
}

Result<void> Connection::Fetched(uint64_t request, const UpstreamAnswer& answer, Timestamp now,
                                 const Entropy& entropy) {
  NoteTime(now);
  if (request != request_ || !planner_.is_reading()) return {};  // no request waits for this answer
  CUE_ASSIGN(const ReadOutcome outcome, planner_.Answered(answer, now));
  switch (outcome) {
    case ReadOutcome::kUnauthorized:
      Refused(now, entropy);
      break;
    case ReadOutcome::kFailed:
    case ReadOutcome::kUnreadable:
      Drop(now, entropy);
      break;
    case ReadOutcome::kDone:
      NextFetch(now);
      break;
  }
  return {};
}

Result<void> Connection::Timer(Timestamp now, const Entropy& entropy) {
  NoteTime(now);
  if (IsDue(reconnect_at_, now)) {
    Connect(now);
    return {};
  }
  if (IsDue(connect_by_, now) || IsDue(fetch_by_, now) || IsDue(silence_by_, now)) {
    Drop(now, entropy);
    return {};
  }
  if (IsDue(feed_by_, now)) return BeginReading(now);
  const bool is_free = !planner_.is_reading() && !takes_snapshot_;
  const bool is_live = state_ == ConnectionState::kLive;
  if (is_free && (IsDue(confirm_at_, now) || (is_live && IsDue(planner_.due(), now)))) {
    NextFetch(now);
  } else {
    SetTimer(now);
  }
  return {};
}

void Connection::Connect(Timestamp now) {
  reconnect_at_ = std::nullopt;
  connect_by_ = In(now, kConnectTimeoutMs);
  effects_->Connect();
  Enter(ConnectionState::kConnecting);
  SetTimer(now);
}

// Closes the connection and waits: exponential back-off with full jitter.
void Connection::Drop(Timestamp now, const Entropy& entropy) {
  Stop();
  reconnect_at_ = In(now, FullJitterMs(entropy, kBackoffBaseMs, kBackoffCapMs, attempts_++));
  Enter(ConnectionState::kWaiting);
  SetTimer(now);
}

void Connection::Enter(ConnectionState state) {
  if (state_ == state) return;
  CUE_ASSERT(MayBecome(state_, state));
  state_ = state;
  effects_->State(ConnectionStateName(state));
}

// Reads first what the replica needs to be up to date. When nothing is left, it is live and reads
// the rest.
void Connection::NextFetch(Timestamp now) {
  confirm_at_ = fetch_by_ = std::nullopt;
  auto request = planner_.NextUrgent(now);
  if (!request) {
    attempts_ = refusals_ = 0;  // up to date: the next failure waits briefly again
    if (state_ == ConnectionState::kCatchingUp && !is_followed_) {
      // The upstream does not say when it took the auth message. One more walk finds events between
      // the last walk and that moment.
      planner_.LookForNew();
      confirm_at_ = In(now, kSettleDelayMs);
    } else {
      request = planner_.NextInBackground(now);
    }
    Enter(ConnectionState::kLive);
  }
  if (request) Fetch(*request, now);
  SetTimer(now);
}

void Connection::Fetch(const ReadRequest& request, Timestamp now) {
  fetch_by_ = In(now, kFetchTimeoutMs);
  UpstreamRequest asked{.number = ++request_, .method = request.method, .path = request.path};
  if (!request.body.empty()) asked.body = request.body;
  effects_->Fetch(asked);
}

void Connection::SetTimer(Timestamp now) {
  std::optional<Timestamp> next;
  for (const auto& at :
       {reconnect_at_, connect_by_, fetch_by_, feed_by_, silence_by_, confirm_at_}) {
    if (at && (!next || *at < *next)) next = at;
  }
  if (state_ == ConnectionState::kLive && !planner_.is_reading() && !confirm_at_) {
    const auto due = planner_.due();
    if (due && (!next || *due < *next)) next = due;
  }
  if (!next) return;
  // Rounded up: a timer that is early would find nothing due.
  const int64_t delay_ms = std::max<int64_t>(0, (next->us - now.us + 999) / 1000);
  effects_->Timer(delay_ms);
}

}  // namespace cuesheet
