#include "hub/sockets.h"

#include <algorithm>
#include <array>

#include "event/codec.h"

namespace cuesheet {
namespace {

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
  clients_[client] = {.caller = std::move(known), .subscription = SubscriptionOf(json)};
  return {};
}

void Sockets::Closed(uint32_t client) { clients_.erase(client); }

void Sockets::Message(uint32_t client, std::string_view text) {
  const auto it = clients_.find(client);
  const auto message = ParseJson(text);
  if (it == clients_.end() || !message) return;
  const Json* topic = FindMember(*message, "topic");
  const Json* token = FindMember(*message, "token");
  if (topic == nullptr || *topic != "auth" || token == nullptr || !token->is_string()) return;
  if (it->second.waiting.size() == kMaxWaitingLogins) return;
  it->second.waiting.push_back(SubscriptionOf(*message));
  const Json effect = {{"effect", "authenticate"}, {"client", client}, {"token", *token}};
  effects_->Add(CanonicalText(effect));
}

void Sockets::Authenticated(uint32_t client, std::optional<Caller> caller) {
  const auto it = clients_.find(client);
  if (it == clients_.end() || it->second.waiting.empty()) return;
  Subscription wanted = std::move(it->second.waiting.front());
  it->second.waiting.pop_front();
  if (!caller) return;  // a failed login leaves the old state (9.2)
  it->second.caller = std::move(caller);
  it->second.subscription = std::move(wanted);
  Remember(client, it->second);
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
  return wanted;
}

void Sockets::Remember(uint32_t number, const Client& client) {
  const Subscription& subscription = client.subscription;
  const Json state = {{"caller", client.caller->ToJson()},
                      {"subscribe", subscription.prefixes},
                      {"project", subscription.project ? Json(*subscription.project) : Json()}};
  const Json effect = {{"effect", "remember"}, {"client", number}, {"state", CanonicalText(state)}};
  effects_->Add(CanonicalText(effect));
}

void Sockets::Tick(Timestamp now) {
  for (const auto& [number, client] : clients_) {
    if (client.caller || now.us - client.opened.us < kAuthDeadlineUs) continue;
    effects_->Add(R"({"effect":"close","client":)" + std::to_string(number) + R"(,"code":1000})");
  }
  if (last_heartbeat_ && now.us - last_heartbeat_->us < kHeartbeatUs) return;
  last_heartbeat_ = now;
  Send(Recipients("heartbeat", std::nullopt, std::nullopt), R"({"topic":"heartbeat"})");
}

void Sockets::Publish(const Change& change, const Names& recipients) {
  if (change.kind == ChangeKind::kRemoved) return;
  Send(Recipients(change.event.topic, change.event.project, recipients), SocketMessage(change));
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
  if (always_on || client.subscription.everything) return true;
  return std::ranges::any_of(client.subscription.prefixes, [topic](const std::string& prefix) {
    return topic.starts_with(prefix);
  });
}

void Sockets::Send(const std::vector<uint32_t>& clients, std::string_view text) {
  if (clients.empty()) return;
  std::string line = R"({"effect":"send","clients":[)";
  for (const uint32_t client : clients) {
    if (line.back() != '[') line += ',';
    line += std::to_string(client);
  }
  line += "],\"text\":";
  AppendJsonString(line, text);
  effects_->Add(line + '}');
}

}  // namespace cuesheet
