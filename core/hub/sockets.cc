#include "hub/sockets.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "event/codec.h"
#include "hub/open_events.h"

namespace cuesheet {
namespace {

// Codes with which a WebSocket is closed (RFC 6455, 7.4).
constexpr uint16_t kNormalClosure = 1000;
constexpr uint16_t kTryAgainLater = 1013;

constexpr std::array<std::string_view, 3> kAlwaysOn = {"server.started", "server.restart_requested",
                                                       "heartbeat"};
constexpr std::array<std::string_view, 4> kGuestTopics = {
    "activity.created", "heartbeat", "activity.updated", "entity.version.updated"};

template <typename List>
bool Contains(const List& list, std::string_view item) {
  return std::ranges::find(list, item) != std::ranges::end(list);
}

}  // namespace

void Sockets::Opened(uint32_t client, Timestamp now) { clients_[client].opened = now; }

Result<void> Sockets::Restored(uint32_t client, std::string_view state) {
  CUE_ASSIGN(const Json json, ParseJson(state));
  const Json* caller = FindMember(json, "caller");
  if (caller == nullptr) {
    return Fail(ErrorCode::kInvalid, "state: expected what the effect remember gave");
  }
  CUE_ASSIGN(Caller known, Caller::Parse(*caller));
  const Json* follow = FindMember(json, "follow");
  if (follow != nullptr) CUE_TRY(followers_.Restore(client, known, *follow));
  clients_[client] = {.caller = std::move(known), .subscription = SubscriptionOf(json)};
  if (const Json* unread = FindMember(json, "unread"); unread && unread->is_number_unsigned()) {
    clients_[client].unread = unread->get<size_t>();
  }
  if (follow != nullptr) {
    followers_.Advance(client);
    RememberFollower(client);
  }
  return {};
}

void Sockets::Closed(uint32_t client) {
  clients_.erase(client);
  followers_.Drop(client);
}

void Sockets::Message(uint32_t client, std::string_view text) {
  const auto it = clients_.find(client);
  const auto message = ParseJson(text);
  if (it == clients_.end() || !message) return;
  const Json* topic = FindMember(*message, "topic");
  if (topic == nullptr) return;
  if (*topic == "auth") return AskForLogin(client, it->second, *message);
  if (*topic == "ack") Acknowledge(client, it->second, *message);
}

void Sockets::Acknowledge(uint32_t number, Client& client, const Json& message) {
  const Json* sequence = FindMember(message, "sequence");
  if (sequence == nullptr || !sequence->is_number_unsigned()) return;
  const bool was_unread = client.unread > 0;
  client.unread = 0;
  const bool has_moved = followers_.Acknowledge(number, sequence->get<uint64_t>());
  if (client.caller && (has_moved || was_unread)) Remember(number, client);
}

void Sockets::AskForLogin(uint32_t number, Client& client, const Json& message) {
  const Json* token = FindMember(message, "token");
  if (token == nullptr || !token->is_string()) return;
  if (client.waiting.size() == kMaxWaitingLogins) return;
  client.waiting.push_back(SubscriptionOf(message));
  effects_->Identify(number, token->get_ref<const std::string&>());
}

void Sockets::Authenticated(uint32_t client, std::optional<Caller> caller) {
  const auto it = clients_.find(client);
  if (it == clients_.end() || it->second.waiting.empty()) return;
  Subscription wanted = std::move(it->second.waiting.front());
  it->second.waiting.pop_front();
  if (!caller) return;  // a failed login leaves the old state (9.2)
  it->second.caller = std::move(caller);
  it->second.subscription = std::move(wanted);
  it->second.unread += followers_.UnacknowledgedBytes(client);
  if (it->second.unread > kMaxUnreadBytes) {
    followers_.Drop(client);
    effects_->Close(client, kTryAgainLater);
    return;
  }
  if (it->second.subscription.follow.wants_open_events) SendOpenEvents(client, it->second);
  followers_.Start(client, *it->second.caller, it->second.subscription.follow);
  Remember(client, it->second);
}

void Sockets::SendOpenEvents(uint32_t number, Client& client) {
  const Subscription& subscription = client.subscription;
  const auto is_wanted = [&subscription](const EventView& event) {
    const bool other_project =
        subscription.project && event.project && *subscription.project != *event.project;
    return !other_project && Asks(subscription, event.topic);
  };
  const std::string text = OpenEventsMessage(*store_, *client.caller, is_wanted);
  effects_->Send({&number, 1}, text);
  client.unread += text.size();
}

Sockets::Subscription Sockets::SubscriptionOf(const Json& message) {
  Subscription wanted;
  if (const Json* list = FindMember(message, "subscribe"); list != nullptr && list->is_array()) {
    for (const Json& item : *list) {
      if (!item.is_string() || wanted.prefixes.size() == kMaxSubscriptions) continue;
      if (item == "*") wanted.everything = true;
      wanted.prefixes.push_back(item.get<std::string>());
    }
  }
  const Json* project = FindMember(message, "project");
  if (project != nullptr && project->is_string()) wanted.project = project->get<std::string>();
  wanted.follow = FollowRequest::Parse(message);
  return wanted;
}

void Sockets::Remember(uint32_t number, const Client& client) {
  const Subscription& subscription = client.subscription;
  Json state = {{"caller", client.caller->ToJson()},
                {"subscribe", subscription.prefixes},
                {"project", subscription.project ? Json(*subscription.project) : Json()}};
  if (client.unread > 0) state["unread"] = client.unread;
  if (auto follow = followers_.State(number)) state["follow"] = *std::move(follow);
  effects_->Remember(number, CanonicalText(state));
}

void Sockets::RememberFollower(uint32_t number) {
  if (const auto it = clients_.find(number); it != clients_.end()) Remember(number, it->second);
}

void Sockets::Tick(Timestamp now) {
  Published();  // who was left out of a round for its size
  for (const auto& [number, client] : clients_) {
    // Who has asked waits for the host, which may be held up by its disk.
    const bool has_asked = client.caller || !client.waiting.empty();
    if (has_asked || now.us - client.opened.us < kAuthDeadlineUs) continue;
    effects_->Close(number, kNormalClosure);
  }
  const bool was_set_back = last_heartbeat_ && now < *last_heartbeat_;  // the clock
  if (last_heartbeat_ && !was_set_back && now.us - last_heartbeat_->us < kHeartbeatUs) return;
  last_heartbeat_ = now;
  effects_->Send(Recipients("heartbeat", std::nullopt, std::nullopt), R"({"topic":"heartbeat"})");
}

void Sockets::Publish(const Change& change, const Names& recipients) {
  if (change.kind == ChangeKind::kRemoved || change.kind == ChangeKind::kImported) return;
  // History that a relay has read only now is no news.
  if (change.kind == ChangeKind::kInserted && !change.is_dispatch) return;
  std::vector<uint32_t> reached = Recipients(change.event.topic, change.event.project, recipients);
  if (change.kind != ChangeKind::kTransient) {
    std::erase_if(reached, [this](uint32_t client) { return followers_.Has(client); });
  }
  if (!reached.empty()) effects_->Send(reached, SocketMessage(change));
}

void Sockets::Published() {
  for (const uint32_t client : followers_.AdvanceAll()) RememberFollower(client);
}

std::vector<uint32_t> Sockets::Recipients(std::string_view topic,
                                          const std::optional<std::string>& project,
                                          const Names& recipients) const {
  std::vector<uint32_t> reached;
  for (const auto& [number, client] : clients_) {
    if (!client.caller || !Reaches(client, topic, project)) continue;
    if (recipients && !Contains(*recipients, client.caller->name)) continue;
    reached.push_back(number);
  }
  return reached;
}

// The rules of protocol.md 9.3, in their order.
bool Sockets::Reaches(const Client& client, std::string_view topic,
                      const std::optional<std::string>& project) {
  const Caller& caller = *client.caller;
  const bool always_on = Contains(kAlwaysOn, topic);
  if (project) {
    const bool other_project =
        client.subscription.project && *client.subscription.project != *project;
    if (other_project && topic != "inbox.message" && !always_on) return false;
    if (caller.is_guest) {
      if (!Contains(kGuestTopics, topic)) return false;
    } else if (!caller.is_manager && !Contains(caller.projects, *project)) {
      return false;
    }
  }
  return always_on || Asks(client.subscription, topic);
}

bool Sockets::Asks(const Subscription& subscription, std::string_view topic) {
  if (subscription.everything) return true;
  return std::ranges::any_of(subscription.prefixes, [topic](const std::string& prefix) {
    return topic.starts_with(prefix);
  });
}

}  // namespace cuesheet
