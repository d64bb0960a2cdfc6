#include "replica/connection.h"

#include <algorithm>

namespace cuesheet {
namespace {

constexpr std::string_view kWalkQuery =
    "query Walk($first:Int!,$after:String){events(first:$first,after:$after,includeLogs:true)"
    "{edges{cursor node{id hash topic sender project user dependsOn status retries description "
    "summary createdAt updatedAt}}}}";
constexpr std::string_view kRereadQuery =
    "query Reread($ids:[String!],$first:Int!){events(ids:$ids,first:$first,includeLogs:true)"
    "{edges{cursor node{id hash topic sender project user dependsOn status retries description "
    "summary createdAt updatedAt}}}}";

Timestamp In(Timestamp now, int64_t delay_ms) { return {now.us + delay_ms * 1000}; }

const Json* EdgesOf(const Json& answer) {
  const Json* data = FindMember(answer, "data");
  const Json* events = data == nullptr ? nullptr : FindMember(*data, "events");
  const Json* edges = events == nullptr ? nullptr : FindMember(*events, "edges");
  return edges != nullptr && edges->is_array() ? edges : nullptr;
}

}  // namespace

std::string_view ConnectionStateName(ConnectionState state) {
  switch (state) {
    case ConnectionState::kStopped:
      return "stopped";
    case ConnectionState::kOffline:
      return "offline";
    case ConnectionState::kConnecting:
      return "connecting";
    case ConnectionState::kCatchingUp:
      return "catching_up";
    case ConnectionState::kLive:
      return "live";
    case ConnectionState::kWaiting:
      return "waiting";
    case ConnectionState::kUnauthorized:
      return "unauthorized";
  }
  return "stopped";
}

void Connection::Start(Timestamp now) {
  NoteTime(now);
  attempts_ = 0;
  Connect(now);
}

void Connection::Stop() {
  effects_->Add(R"({"effect":"disconnect"})");
  reconnect_at_ = connect_by_ = fetch_by_ = feed_by_ = silence_by_ = confirm_at_ = std::nullopt;
  phase_ = Phase::kIdle;
  ++request_;
  Enter(ConnectionState::kStopped);
}

void Connection::Online(Timestamp now) {
  NoteTime(now);
  if (state_ == ConnectionState::kOffline || state_ == ConnectionState::kWaiting) Start(now);
}

void Connection::Offline() {
  if (state_ == ConnectionState::kStopped || state_ == ConnectionState::kUnauthorized) return;
  Stop();
  Enter(ConnectionState::kOffline);
}

void Connection::Opened(Timestamp now) {
  NoteTime(now);
  if (state_ != ConnectionState::kConnecting) return;
  connect_by_ = std::nullopt;
  silence_by_ = In(now, kSilenceTimeoutMs);
  rereads_.clear();
  is_followed_ = false;
  if (position_.store.empty()) {
    const auto known = outbox_->feed();
    if (known && *known) position_ = **known;
  }
  Authenticate();
  Enter(ConnectionState::kCatchingUp);
  if (position_.store.empty()) return BeginWalk(now);
  feed_by_ = In(now, kFeedAnswerMs);
  SetTimer(now);
}

void Connection::NoteTime(Timestamp now) {
  deadlines_.Note(
      now, {&reconnect_at_, &connect_by_, &fetch_by_, &feed_by_, &silence_by_, &confirm_at_});
}

// A stock server passes over what it does not know.
void Connection::Authenticate() {
  Json effect = {{"effect", "authenticate"},
                 {"subscribe", Json::array({"*"})},
                 {"project", nullptr},
                 {"since", position_.next}};
  if (!position_.store.empty()) effect["store"] = position_.store;
  effects_->Add(CanonicalText(effect));
}

void Connection::BeginWalk(Timestamp now) {
  feed_by_ = std::nullopt;
  QueueOpenJobs();
  outbox_->RereadDelivered();
  walk_wanted_ = true;
  NextFetch(now);
}

void Connection::Closed(Timestamp now, const Entropy& entropy) {
  NoteTime(now);
  if (state_ == ConnectionState::kConnecting || state_ == ConnectionState::kCatchingUp ||
      state_ == ConnectionState::kLive) {
    Drop(now, entropy);
  }
}

Result<void> Connection::Message(std::string_view text, Timestamp now, const Entropy& entropy) {
  NoteTime(now);
  if (state_ != ConnectionState::kCatchingUp && state_ != ConnectionState::kLive) return {};
  silence_by_ = In(now, kSilenceTimeoutMs);
  const auto message = ParseJson(text);
  if (message && TextMember(*message, "topic").starts_with("cuesheet.")) {
    const auto taken = FeedMessage(*message, now);
    if (!taken) Drop(now, entropy);  // the next connection begins before it
    return taken;
  }
  const auto upstream = message ? ParseSocketEvent(*message) : std::nullopt;
  if (upstream && upstream->stored) {
    CUE_TRY(TakeIn(*upstream));
    if (!confirm_at_ && phase_ == Phase::kIdle && (walk_wanted_ || !rereads_.empty())) {
      confirm_at_ = In(now, kConfirmDelayMs);
    }
  }
  SetTimer(now);
  return {};
}

Result<void> Connection::FeedMessage(const Json& message, Timestamp now) {
  const std::string_view topic = TextMember(message, "topic");
  if (topic == "cuesheet.changes") return Changes(message, now);
  if (topic == "cuesheet.open") {
    const Json* events = FindMember(message, "events");
    return events == nullptr ? Result<void>() : mirror_.Events(*events);
  }
  if (topic == "cuesheet.gone") {
    Follow(true);
    FetchSnapshot(now);
  } else if (topic == "cuesheet.refused") {
    position_ = {};
    Follow(false);
    if (feed_by_) BeginWalk(now);
  }
  return {};
}

void Connection::Follow(bool follows) {
  is_followed_ = follows;
  outbox_->Follow(follows);
}

// The upstream is a hub, and this is what it has to say, in order.
Result<void> Connection::Changes(const Json& message, Timestamp now) {
  if (phase_ == Phase::kSnapshot) return {};
  if (!is_followed_) {  // a walk that has begun is not needed
    Follow(true);
    walk_wanted_ = false;
    rereads_.clear();
    phase_ = Phase::kIdle;
    ++request_;
    fetch_by_ = feed_by_ = confirm_at_ = std::nullopt;
    outbox_->RereadDelivered();
  }
  CUE_ASSIGN(const uint64_t next, mirror_.Changes(message));
  const Json* head = FindMember(message, "head");
  const bool is_last =
      head == nullptr || !head->is_number_unsigned() || next >= head->get<uint64_t>();
  position_ = {std::string(TextMember(message, "store")), next};
  outbox_->FollowedTo(position_);
  effects_->Add(R"({"effect":"acknowledge","sequence":)" + std::to_string(next) + '}');
  if (state_ == ConnectionState::kCatchingUp && is_last) {
    outbox_->RereadDelivered();
    NextFetch(now);
  } else {
    SetTimer(now);
  }
  return {};
}

void Connection::FetchSnapshot(Timestamp now) {
  position_ = {};
  walk_wanted_ = false;
  rereads_.clear();
  feed_by_ = confirm_at_ = std::nullopt;
  phase_ = Phase::kSnapshot;
  Enter(ConnectionState::kCatchingUp);
  fetch_by_ = In(now, kFetchTimeoutMs);
  effects_->Add(R"({"effect":"snapshot","request":)" + std::to_string(++request_) + '}');
  SetTimer(now);
}

Result<void> Connection::Snapshot(uint64_t request, std::string_view lines, Timestamp now,
                                  const Entropy& entropy) {
  NoteTime(now);
  if (request != request_ || phase_ != Phase::kSnapshot) return {};
  fetch_by_ = In(now, kFetchTimeoutMs);
  SetTimer(now);
  const auto taken = mirror_.Snapshot(lines);
  if (!taken) Drop(now, entropy);
  return taken;
}

Result<void> Connection::SnapshotEnded(uint64_t request, int status, Timestamp now,
                                       const Entropy& entropy) {
  NoteTime(now);
  if (request != request_ || phase_ != Phase::kSnapshot) return {};
  if (status == 401 || status == 403) {
    Refused();
    return {};
  }
  const auto next = status == 200 ? mirror_.EndSnapshot() : Fail(ErrorCode::kState, "");
  if (!next) {
    Drop(now, entropy);
    return {};
  }
  phase_ = Phase::kIdle;
  fetch_by_ = std::nullopt;
  position_ = {mirror_.snapshot_store(), *next};
  outbox_->FollowedTo(position_);
  Authenticate();
  feed_by_ = In(now, kFeedAnswerMs);
  SetTimer(now);
  return {};
}

Result<void> Connection::TakeIn(const UpstreamEvent& upstream) {
  const Event& event = upstream.event;
  const bool was_here = store_->table().FindById(event.id) != kNoRow;
  if (is_followed_ && !was_here) return {};  // what is stored comes by the feed
  CUE_TRY(outbox_->Merge(event, upstream.fields, upstream.progress));
  const Row row = store_->table().FindById(event.id);
  if (is_followed_ || row == kNoRow) return {};  // none: outside of the scope
  if (store_->table().creation_order(row) >= kFirstProvisionalOrder) walk_wanted_ = true;
  // A change of an event that had gone by retention: the walk has passed its place already.
  const bool came_back = !was_here && event.created_at < event.updated_at;
  if (IsFinal(event.status) || came_back) QueueReread(event.id);
  return {};
}

// What a hub's feed shows is how the event is, whatever the clocks say.
Result<void> Connection::Merge(const Event& event, FieldSet fields,
                               std::optional<double> progress) {
  return outbox_->Merge(event, fields, progress, Trust::kUpstream);
}

void Connection::Look(std::span<const Uuid> ids, bool walk, Timestamp now) {
  NoteTime(now);
  for (const Uuid& id : ids) QueueReread(id);
  walk_wanted_ = walk_wanted_ || (walk && !is_followed_);
  const bool has_work = walk_wanted_ || !rereads_.empty();
  if (state_ == ConnectionState::kLive && phase_ == Phase::kIdle && has_work && !confirm_at_) {
    confirm_at_ = In(now, kConfirmDelayMs);
    SetTimer(now);
  }
}

void Connection::Refused() {
  if (state_ == ConnectionState::kStopped) return;
  Stop();
  Enter(ConnectionState::kUnauthorized);
}

Result<void> Connection::Fetched(uint64_t request, int status, std::string_view body, Timestamp now,
                                 const Entropy& entropy) {
  NoteTime(now);
  if (request != request_ || phase_ == Phase::kIdle) return {};  // an answer nobody waits for
  if (status == 401 || status == 403) {
    Refused();
    return {};
  }
  const auto answer = status == 200 ? ParseJson(body) : Fail(ErrorCode::kInvalid, "");
  const Json* edges = answer ? EdgesOf(*answer) : nullptr;
  if (edges == nullptr) {
    Drop(now, entropy);
    return {};
  }
  const bool walking = phase_ == Phase::kWalk;
  for (const Json& edge : *edges) {
    auto upstream = ParseEdge(edge);
    if (!upstream) continue;
    // Only the walk may tell orders beyond those that it has seen: its last one is where the next
    // walk begins.
    if (walking) {
      walked_to_ = std::max(walked_to_, upstream->event.creation_order);
    } else if (upstream->event.creation_order > ConfirmedOrder()) {
      upstream->fields.Drop(Field::kCreationOrder);
    }
    // Beside a feed an answer may be late: what has been removed since does not come back.
    const bool is_gone = is_followed_ && store_->table().FindById(upstream->event.id) == kNoRow;
    if (!is_gone) CUE_TRY(outbox_->Merge(upstream->event, upstream->fields, upstream->progress));
  }
  if (!walking) CUE_TRY(outbox_->RereadEnded(reread_, reading_));
  if (walking && edges->size() >= kWalkPageSize) walk_wanted_ = true;
  NextFetch(now);
  return {};
}

void Connection::Timer(Timestamp now, const Entropy& entropy) {
  NoteTime(now);
  const auto due = [now](const std::optional<Timestamp>& at) { return at && at->us <= now.us; };
  if (due(reconnect_at_)) {
    Connect(now);
  } else if (due(connect_by_) || due(fetch_by_) || due(silence_by_)) {
    Drop(now, entropy);
  } else if (due(feed_by_)) {
    BeginWalk(now);
  } else if (due(confirm_at_)) {
    NextFetch(now);
  } else {
    SetTimer(now);
  }
}

void Connection::Connect(Timestamp now) {
  reconnect_at_ = std::nullopt;
  connect_by_ = In(now, kConnectTimeoutMs);
  effects_->Add(R"({"effect":"connect"})");
  Enter(ConnectionState::kConnecting);
  SetTimer(now);
}

// Gives the connection up and waits: exponential back-off with full jitter.
void Connection::Drop(Timestamp now, const Entropy& entropy) {
  Stop();
  reconnect_at_ = In(now, FullJitterMs(entropy, kBackoffBaseMs, kBackoffCapMs, attempts_++));
  Enter(ConnectionState::kWaiting);
  SetTimer(now);
}

void Connection::Enter(ConnectionState state) {
  if (state_ == state) return;
  state_ = state;
  effects_->Add(R"({"effect":"state","state":")" + std::string(ConnectionStateName(state)) + "\"}");
}

// The walk for new events comes first, then what must be read again; nothing left = live.
void Connection::NextFetch(Timestamp now) {
  confirm_at_ = fetch_by_ = std::nullopt;
  phase_ = Phase::kIdle;
  if (walk_wanted_) {
    FetchWalk(now);
  } else if (!rereads_.empty()) {
    FetchReread(now);
  } else {
    attempts_ = 0;
    if (state_ == ConnectionState::kCatchingUp && !is_followed_) {
      // Nobody says when the upstream took the auth message: what came between the walk and that
      // moment is found by walking once more.
      walk_wanted_ = true;
      confirm_at_ = In(now, kSettleDelayMs);
    }
    Enter(ConnectionState::kLive);
  }
  SetTimer(now);
}

void Connection::FetchWalk(Timestamp now) {
  walk_wanted_ = false;
  phase_ = Phase::kWalk;
  const int64_t order = ConfirmedOrder();
  Fetch({{"query", kWalkQuery},
         {"variables", {{"first", kWalkPageSize}, {"after", order == 0 ? "" : CursorOf(order)}}}},
        now);
}

void Connection::FetchReread(Timestamp now) {
  phase_ = Phase::kReread;
  Json ids = Json::array();
  reading_.clear();
  reread_ = outbox_->RereadBegins();
  for (; !rereads_.empty() && ids.size() < kRereadBatch; rereads_.pop_front()) {
    reading_.push_back(rereads_.front());
    ids.push_back(rereads_.front().Hex());
  }
  const size_t count = ids.size();
  Fetch({{"query", kRereadQuery}, {"variables", {{"ids", std::move(ids)}, {"first", count}}}}, now);
}

void Connection::Fetch(const Json& body, Timestamp now) {
  fetch_by_ = In(now, kFetchTimeoutMs);
  const Json effect = {{"effect", "fetch"},
                       {"request", ++request_},
                       {"path", "/graphql"},
                       {"body", CanonicalText(body)}};
  effects_->Add(CanonicalText(effect));
}

// After a disconnect the jobs known to be open are read again: their updates may have been missed.
void Connection::QueueOpenJobs() {
  const EventTable& table = store_->table();
  table.VisitRange({.newest_first = true}, [&](Row row) {
    if (!IsFinal(table.status(row))) rereads_.push_back(table.id(row));
    return rereads_.size() < kMaxRereads;
  });
}

void Connection::QueueReread(const Uuid& id) {
  if (rereads_.size() < kMaxRereads && std::ranges::find(rereads_, id) == rereads_.end()) {
    rereads_.push_back(id);
  }
}

// The newest upstream creation order that is known, of events here or outside of the scope:
// everything up to it has been walked.
int64_t Connection::ConfirmedOrder() const {
  const EventTable& table = store_->table();
  int64_t newest = walked_to_;
  table.VisitRange({.before = static_cast<double>(kFirstProvisionalOrder), .newest_first = true},
                   [&](Row row) {
                     newest = std::max(newest, table.creation_order(row));
                     return false;
                   });
  return newest;
}

void Connection::SetTimer(Timestamp now) {
  std::optional<Timestamp> next;
  for (const auto& at :
       {reconnect_at_, connect_by_, fetch_by_, feed_by_, silence_by_, confirm_at_}) {
    if (at && (!next || *at < *next)) next = at;
  }
  if (!next) return;
  const int64_t delay_ms = std::max<int64_t>(0, (next->us - now.us + 999) / 1000);
  effects_->Add(R"({"effect":"timer","delayMs":)" + std::to_string(delay_ms) + '}');
}

}  // namespace cuesheet
