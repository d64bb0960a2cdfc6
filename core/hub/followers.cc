#include "hub/followers.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/json.h"
#include "event/feed_version.h"

namespace cuesheet {
namespace {

std::optional<uint64_t> SequenceOf(const Json* value) {
  if (value == nullptr || !value->is_number_integer() || *value < 0) return std::nullopt;
  return value->get<uint64_t>();
}

}  // namespace

FollowRequest FollowRequest::Parse(const Json& message) {
  FollowRequest request;
  const Json* since = FindMember(message, "since");
  request.follows = since != nullptr && !since->is_null();
  request.since = SequenceOf(since);
  if (const Json* store = FindMember(message, "store"); store != nullptr && store->is_string()) {
    request.store = store->get<std::string>();
  }
  const Json* snapshot = FindMember(message, "snapshot");
  const bool says = snapshot != nullptr && snapshot->is_boolean();
  request.wants_open_events = says ? snapshot->get<bool>() : request.follows;
  const Json* payloads = FindMember(message, "payloads");
  request.wants_payloads = payloads != nullptr && *payloads == true;
  return request;
}

bool Followers::Start(uint32_t client, const Caller& caller, const FollowRequest& request) {
  Drop(client);
  if (!request.follows) return false;
  if (caller.is_guest || !request.since) {
    const std::string why = caller.is_guest
                                ? R"(403,"detail":"Guest users do not get the change feed")"
                                : R"(400,"detail":"since: expected a sequence, 0 or more")";
    effects_->Send({&client, 1}, R"({"topic":"cuesheet.refused","code":)" + why + '}');
    return false;
  }
  Follower& follower = followers_[client];
  follower = {.caller = caller,
              .rights = RightsOf(caller),
              .with_payloads = request.wants_payloads,
              .sent = *request.since,
              .told = *request.since};
  // Sequences of another store mean other changes.
  const bool is_other = !request.store.empty() && request.store != store_id_;
  if (!CheckKnown(client, follower, is_other)) return true;
  Message first = MessageFor(follower);
  // The first message is the answer to the login, so it is sent even when it is empty.
  if (first.text.empty()) {
    first.text = R"({"topic":"cuesheet.changes","changes":[])";
    AppendEnd(first.text, follower, first.next);
  }
  effects_->Send({&client, 1}, first.text);
  Note(follower, first);
  Advance(client);
  return true;
}

Result<void> Followers::Restore(uint32_t client, const Caller& caller, const Json& state) {
  const auto sent = SequenceOf(FindMember(state, "sent"));
  const Json* store = FindMember(state, "store");
  const Json* list = FindMember(state, "unacknowledged");
  if (!sent || store == nullptr || !store->is_string() || list == nullptr || !list->is_array()) {
    return Fail(ErrorCode::kInvalid, "follow: expected what the effect remember gave");
  }
  Follower follower{.caller = caller, .rights = RightsOf(caller), .sent = *sent, .told = *sent};
  for (const Json& batch : *list) {
    if (!batch.is_array() || batch.size() != 2 || !SequenceOf(&batch[0]) ||
        !SequenceOf(&batch[1])) {
      return Fail(ErrorCode::kInvalid, "follow: expected batches of [next, bytes]");
    }
    follower.unacknowledged.push_back({batch[0].get<uint64_t>(), batch[1].get<size_t>()});
    follower.unacknowledged_bytes += follower.unacknowledged.back().bytes;
  }
  follower.is_gone = FindMember(state, "isGone") != nullptr;
  follower.with_payloads = FindMember(state, "payloads") != nullptr;
  Follower& kept = followers_[client] = std::move(follower);
  if (!kept.is_gone) CheckKnown(client, kept, *store != store_id_);
  return {};
}

std::optional<Json> Followers::State(uint32_t client) const {
  const auto it = followers_.find(client);
  if (it == followers_.end()) return std::nullopt;
  const Follower& follower = it->second;
  Json state = {{"sent", follower.sent}, {"store", store_id_}};
  state["unacknowledged"] = Json::array();
  for (const Batch& batch : follower.unacknowledged) {
    state["unacknowledged"].push_back(Json::array({batch.next, batch.bytes}));
  }
  if (follower.is_gone) state["isGone"] = true;
  if (follower.with_payloads) state["payloads"] = true;
  return state;
}

size_t Followers::UnacknowledgedBytes(uint32_t client) const {
  const auto it = followers_.find(client);
  return it == followers_.end() ? 0 : it->second.unacknowledged_bytes;
}

bool Followers::Acknowledge(uint32_t client, uint64_t sequence) {
  const auto it = followers_.find(client);
  if (it == followers_.end()) return false;
  Follower& follower = it->second;
  bool is_changed = false;
  while (!follower.unacknowledged.empty() && follower.unacknowledged.front().next <= sequence) {
    follower.unacknowledged_bytes -= follower.unacknowledged.front().bytes;
    follower.unacknowledged.pop_front();
    is_changed = true;
  }
  return Advance(client) || is_changed;
}

bool Followers::Advance(uint32_t client) {
  const auto it = followers_.find(client);
  if (it == followers_.end() || !store_->CheckLoaded()) return false;
  feed_->CatchUp(store_->sequence());
  Follower& follower = it->second;
  bool is_changed = false;
  while (IsWaiting(follower)) {
    is_changed = true;
    if (!CheckKnown(client, follower, false)) break;
    const Message message = MessageFor(follower);
    if (!message.text.empty()) effects_->Send({&client, 1}, message.text);
    Note(follower, message);
  }
  return is_changed;
}

std::vector<uint32_t> Followers::AdvanceAll() {
  if (followers_.empty() || !store_->CheckLoaded()) return {};
  feed_->CatchUp(store_->sequence());
  std::vector<uint32_t> changed;
  // Followers at one place with equal rights share a message: with a thousand sockets it is written
  // once.
  std::map<std::tuple<uint64_t, std::string_view, bool>, Message> messages;
  size_t bytes = 0;
  auto it = followers_.lower_bound(first_);
  for (size_t count = 0; count < followers_.size() && bytes < kRoundBytes; ++count, ++it) {
    if (it == followers_.end()) it = followers_.begin();
    auto& [client, follower] = *it;
    first_ = client + 1;  // the next round begins behind it, so that no socket starves
    if (!IsWaiting(follower)) continue;
    if (CheckKnown(client, follower, false)) {
      const auto key =
          std::tuple(follower.sent, std::string_view(follower.rights), follower.with_payloads);
      auto known = messages.find(key);
      if (known == messages.end()) {
        known = messages.emplace(key, MessageFor(follower)).first;
        bytes += known->second.text.size();
      }
      Note(follower, known->second);
      if (known->second.text.empty()) continue;
      known->second.clients.push_back(client);
    }
    changed.push_back(client);
  }
  for (const auto& [key, message] : messages) effects_->Send(message.clients, message.text);
  return changed;
}

std::string Followers::RightsOf(const Caller& caller) {
  if (caller.is_manager) return "*";
  std::string rights;
  for (const std::string& project : caller.projects) rights += project + '\n';
  return rights;
}

bool Followers::IsWaiting(const Follower& follower) const {
  return !follower.is_gone && follower.sent != feed_->head() &&
         follower.unacknowledged.size() < kWindowBatches &&
         follower.unacknowledged_bytes < kWindowBytes;
}

// False when the changes after its position are no longer available; the socket gets one message
// about that.
bool Followers::CheckKnown(uint32_t client, Follower& follower, bool is_other_store) {
  feed_->CatchUp(store_->sequence());
  if (!is_other_store && feed_->Covers(follower.sent)) return true;
  follower.is_gone = true;
  follower.unacknowledged.clear();
  follower.unacknowledged_bytes = 0;
  std::string text = R"({"topic":"cuesheet.gone","code":410,"detail":")";
  text += GoneText(is_other_store);
  text += '"';
  AppendPlace(text);
  effects_->Send({&client, 1}, text);
  return false;
}

Followers::Message Followers::MessageFor(const Follower& follower) const {
  Message message;
  message.text = R"({"topic":"cuesheet.changes","changes":[)";
  const size_t empty = message.text.size();
  const FeedLimit limit{.changes = kBatchChanges, .bytes = kBatchBytes};
  message.next = feed_->Append(message.text, follower.sent, limit, follower.with_payloads,
                               follower.caller, *store_);
  // Nothing in it is for this user. From time to time the position is sent all the same, so that a
  // reconnect does not begin too far back.
  if (message.text.size() == empty && message.next - follower.told < kSilentSequences) {
    message.text.clear();
    return message;
  }
  message.text += ']';
  AppendEnd(message.text, follower, message.next);
  return message;
}

void Followers::Note(Follower& follower, const Message& message) {
  follower.sent = message.next;
  if (message.text.empty()) return;
  follower.told = message.next;
  follower.unacknowledged.push_back({message.next, message.text.size()});
  follower.unacknowledged_bytes += message.text.size();
}

// The end of a batch. A follower that needs payloads is certain by `payloads` that this hub sends
// them: hubs of older versions do not.
void Followers::AppendEnd(std::string& out, const Follower& follower, uint64_t next) const {
  out += R"(,"next":)" + std::to_string(next);
  if (follower.with_payloads) out += R"(,"payloads":true)";
  AppendPlace(out);
}

// The end of a message: the hub's version, the store's id and head.
void Followers::AppendPlace(std::string& out) const {
  out += R"(,"version":)" + std::to_string(kFeedVersion);
  out += R"(,"head":)" + std::to_string(feed_->head()) + R"(,"store":)";
  AppendJsonString(out, store_id_);
  out += '}';
}

}  // namespace cuesheet
