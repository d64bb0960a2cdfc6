#include "hub_front.h"

#include <utility>

#include "base/json.h"

namespace cuesheet::simulation {
namespace {

Caller Service() {
  return Caller::Parse(Json::parse(R"({"name":"svc","isService":true})")).value();
}

}  // namespace

HubFront::Core::Core(Env* env, std::string id, StoreRole role)
    : store_id(std::move(id)), store(env, {.role = role}) {
  store.files().OnReplay([this](const Change& change) { api.Note(change); });
  CUE_ASSERT(store.files().Open().has_value());
  while (!store.view().is_loaded()) CUE_ASSERT(store.files().LoadNext().has_value());
  sockets.UseStore(store_id);
}

void HubFront::Publish() {
  Core& up = *core();
  for (const Change& change : up.store.ledger().TakeChanges()) {
    up.api.Note(change);
    up.sockets.Publish(change);
  }
  up.sockets.Published();
}

void HubFront::CarryOutAll() {
  while (core() != nullptr && core()->effects.count() > 0) {
    const std::string lines = core()->effects.Take();
    for (size_t from = 0; from < lines.size() && core() != nullptr;) {
      const size_t to = lines.find('\n', from);
      const Json effect = Json::parse(lines.substr(from, to - from));
      from = to + 1;
      if (effect["effect"] == "identify") {
        LookUp(effect["client"], effect["token"]);
      } else if (effect["effect"] == "send") {
        const std::string text = effect["text"];
        for (const uint32_t client : effect["clients"]) {
          if (const auto it = clients_.find(client); it != clients_.end()) it->second(text);
        }
      } else if (effect["effect"] == "close") {
        const auto it = clients_.find(effect["client"].get<uint32_t>());
        if (it == clients_.end()) continue;
        const Frame frame = it->second;
        Close(it->first);
        frame("");
      } else {
        CarryOutOther(effect);
      }
    }
  }
}

void HubFront::Authenticated(uint32_t client, bool is_known) {
  core()->sockets.Authenticated(client, is_known ? std::optional(Service()) : std::nullopt);
}

void HubFront::DropClients() {
  const auto clients = std::exchange(clients_, {});
  for (const auto& [client, frame] : clients) frame("");
}

HubResponse HubFront::Handle(std::string_view operation, const std::string& id,
                             const std::string& body) {
  HubRequest request;
  request.operation = ParseHubOperation(operation).value();
  request.id = id;
  request.caller = Service();
  request.store = core()->store_id;
  request.body = body;
  return core()->api.Handle(request, schedule_->now(), Draw(*random_));
}

Answer HubFront::Ask(std::string_view operation, const std::string& id, const std::string& body) {
  if (core() == nullptr) return {};
  HubResponse response = Handle(operation, id, body);
  if (!Commit()) return {};
  return {response.status, std::move(response.body)};
}

Answer HubFront::Graphql(const std::string& body) {
  Json arguments = Json::parse(body)["variables"];
  arguments["includeLogs"] = true;
  Answer answer = Ask("graphql.events", "", arguments.dump());
  if (answer.status != 200) return answer;
  return {200, R"({"data":{"events":)" + answer.body + "}}"};
}

Answer HubFront::Snapshot(bool with_payloads) {
  Answer all{200};
  Json arguments = {{"form", random_->Chance(50) ? "columns" : "rows"}, {"end", "true"}};
  if (with_payloads) arguments["payloads"] = "true";
  for (bool more = true; more;) {
    if (core() == nullptr) return {};
    HubResponse part = Handle("snapshot", "", arguments.dump());
    if (part.status != 200) return {part.status, part.body};
    all.body += part.body;
    more = part.next.has_value();
    if (more) arguments["before"] = *part.next;
  }
  return all;
}

Answer HubFront::Serve(const std::string& method, const std::string& path,
                       const std::string& body) {
  if (path == "/graphql") return Graphql(body);
  if (path == "/api/query") return Ask("query", "", body);
  if (path.starts_with("/api/snapshot")) return Snapshot(path.ends_with("payloads=true"));
  if (path == "/api/users/me") return {core() == nullptr ? 0 : 200, "{}"};
  if (path == "/api/events") return Ask("dispatch", "", body);
  if (path == "/api/events/batch") return Ask("dispatch.batch", "", body);
  const std::string id = path.substr(path.rfind('/') + 1);
  if (method == "GET") return Ask("get", id, "");
  return Ask(method == "PATCH" ? "update" : "delete", id, body);
}

uint32_t HubFront::Open(Frame frame) {
  if (core() == nullptr) return 0;
  clients_[++last_client_] = std::move(frame);
  core()->sockets.Opened(last_client_, schedule_->now());
  return last_client_;
}

void HubFront::Message(uint32_t client, std::string_view text) {
  if (core() == nullptr || !clients_.contains(client)) return;
  core()->sockets.Message(client, text);
  (void)Commit();
}

void HubFront::Close(uint32_t client) {
  if (clients_.erase(client) > 0 && core() != nullptr) core()->sockets.Closed(client);
}

void HubFront::Tick() {
  if (core() == nullptr) return;
  core()->api.leases().Tick(schedule_->now());
  core()->sockets.Tick(schedule_->now());
  (void)Commit();
}

}  // namespace cuesheet::simulation
