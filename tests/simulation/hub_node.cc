#include "hub_node.h"

namespace cuesheet::simulation {
namespace {

constexpr std::string_view kStoreId = "store-1";

Caller Service() {
  return Caller::Parse(Json::parse(R"({"name":"svc","isService":true})")).value();
}

}  // namespace

HubNode::HubNode(Schedule* schedule, oracle::Random* random)
    : schedule_(schedule), random_(random) {
  Start();
}

void HubNode::Start() {
  disk_.files = durable_;
  up_ = std::make_unique<Up>(&disk_);
  CUE_ASSERT(up_->store.Open().has_value());
  while (!up_->store.is_loaded()) CUE_ASSERT(up_->store.LoadNext().has_value());
  up_->sockets.UseStore(kStoreId);
}

void HubNode::Crash() {
  up_ = nullptr;
  const auto clients = std::exchange(clients_, {});
  for (const auto& [client, frame] : clients) frame("");
}

// As the hub's role: changes go to the feed and the sockets, then to the disk, then their effects.
bool HubNode::Commit() {
  for (const Change& change : up_->store.TakeChanges()) {
    up_->api.Note(change);
    up_->sockets.Publish(change);
  }
  up_->sockets.Published();
  if (crash_in_ > 0 && random_->Below(crash_in_) == 0) {
    Crash();
    return false;
  }
  const auto commit = up_->store.BeginCommit();
  CUE_ASSERT(commit.has_value());
  if (commit->is_needed) {
    durable_ = disk_.files;
    CUE_ASSERT(up_->store.Committed(true).has_value());
  }
  CarryOut();
  return true;
}

void HubNode::CarryOut() {
  while (up_ != nullptr && up_->effects.count() > 0) {
    const std::string lines = up_->effects.Take();
    for (size_t from = 0; from < lines.size() && up_ != nullptr;) {
      const size_t to = lines.find('\n', from);
      const Json effect = Json::parse(lines.substr(from, to - from));
      from = to + 1;
      if (effect["effect"] == "identify") {
        const bool is_known = effect["token"] == "good";
        up_->sockets.Authenticated(effect["client"],
                                   is_known ? std::optional(Service()) : std::nullopt);
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
      }
    }
  }
}

Answer HubNode::Ask(std::string_view operation, const std::string& id, const std::string& body) {
  if (up_ == nullptr) return {};
  HubRequest request;
  request.operation = ParseHubOperation(operation).value();
  request.id = id;
  request.caller = Service();
  request.store = kStoreId;
  request.body = body;
  HubResponse response = up_->api.Handle(request, schedule_->now(), Draw(*random_));
  if (!Commit()) return {};
  return {response.status, std::move(response.body)};
}

Answer HubNode::Graphql(const std::string& body) {
  Json arguments = Json::parse(body)["variables"];
  arguments["includeLogs"] = true;
  Answer answer = Ask("graphql.events", "", arguments.dump());
  if (answer.status != 200) return answer;
  return {200, R"({"data":{"events":)" + answer.body + "}}"};
}

Answer HubNode::Snapshot() {
  Answer all{200};
  Json arguments = {{"form", random_->Chance(50) ? "columns" : "rows"}};
  for (bool more = true; more;) {
    if (up_ == nullptr) return {};
    HubRequest request;
    request.operation = HubOperation::kSnapshot;
    request.caller = Service();
    request.store = kStoreId;
    const std::string text = arguments.dump();
    request.body = text;
    HubResponse part = up_->api.Handle(request, schedule_->now(), Draw(*random_));
    if (part.status != 200) return {part.status, part.body};
    all.body += part.body;
    more = part.next.has_value();
    if (more) arguments["before"] = *part.next;
  }
  return all;
}

Answer HubNode::Fetch(const std::string& method, const std::string& path, const std::string& body) {
  if (path == "/graphql") return Graphql(body);
  if (path == "/api/snapshot") return Snapshot();
  if (path == "/api/events") return Ask("dispatch", "", body);
  if (path == "/api/events/batch") return Ask("dispatch.batch", "", body);
  const std::string id = path.substr(path.rfind('/') + 1);
  return Ask(method == "PATCH" ? "update" : "delete", id, body);
}

uint32_t HubNode::Open(Frame frame) {
  if (up_ == nullptr) return 0;
  clients_[++last_client_] = std::move(frame);
  up_->sockets.Opened(last_client_, schedule_->now());
  return last_client_;
}

void HubNode::Message(uint32_t client, std::string_view text) {
  if (up_ == nullptr || !clients_.contains(client)) return;
  up_->sockets.Message(client, text);
  (void)Commit();
}

void HubNode::Close(uint32_t client) {
  if (clients_.erase(client) > 0 && up_ != nullptr) up_->sockets.Closed(client);
}

void HubNode::Import(const std::string& ndjson) {
  if (up_ == nullptr) return;
  CUE_ASSERT(up_->store.Import(ndjson).has_value());
  (void)Commit();
}

void HubNode::Checkpoint() {
  if (up_ == nullptr) return;
  up_->store.DemandCheckpoint();
  while (up_->store.Maintain().value()) {
  }
  (void)Commit();
}

void HubNode::Tick() {
  if (up_ == nullptr) return;
  up_->sockets.Tick(schedule_->now());
  (void)Commit();
}

}  // namespace cuesheet::simulation
