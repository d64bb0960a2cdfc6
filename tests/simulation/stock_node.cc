#include "stock_node.h"

#include <utility>

#include "event/codec.h"

namespace cuesheet::simulation {
namespace {

constexpr int64_t kHeartbeatUs = 6'000'000;

Caller User(bool is_admin, bool is_service) {
  const Json user = {{"name", is_service ? "svc" : "artist"},
                     {"isService", is_service},
                     {"isAdmin", is_admin},
                     {"isManager", true}};
  return Caller::Parse(user).value();
}

// 9.4: a local time without saying so.
void DropOffset(Json& message, const char* name) {
  if (!message.contains(name) || !message[name].is_string()) return;
  const std::string text = message[name];
  message[name] = text.substr(0, text.rfind('+'));
}

}  // namespace

StockNode::StockNode(Schedule* schedule, oracle::Random* random, bool is_admin)
    : schedule_(schedule), random_(random), is_admin_(is_admin) {
  CUE_ASSERT(store_.files().Open().has_value());
}

Answer StockNode::Ask(std::string_view operation, const std::string& id, const std::string& body,
                      bool is_service) {
  HubRequest request;
  request.operation = ParseHubOperation(operation).value();
  request.id = id;
  request.caller = User(is_admin_, is_service || is_admin_);
  request.body = body;
  HubResponse response = api_.Handle(request, schedule_->now(), Draw(*random_));
  Publish();
  return {response.status, std::move(response.body)};
}

Answer StockNode::Serve(const std::string& method, const std::string& path,
                        const std::string& body) {
  if (!is_up_) return {};
  if (sessions_end_) return {401, R"({"code":401,"detail":"Invalid session"})"};
  if (random_->Chance(fail_percent_)) {
    return {random_->Chance(50) ? 500 : 503, R"({"detail":"no connection to the database"})"};
  }
  if (path == "/graphql") return Graphql(body);
  if (path == "/api/query") return Query(body);
  if (path == "/api/users/me") return {200, "{}"};
  if (path == "/api/events/batch") return {405, R"({"detail":"Method Not Allowed"})"};
  if (path == "/api/events") {
    Json event = Json::parse(body);
    event.erase("id");
    event.erase("dependsOn");
    return Ask("dispatch", "", event.dump());
  }
  const std::string id = path.substr(path.rfind('/') + 1);
  if (hidden_.contains(id)) return {404, R"({"code":404,"detail":"Event not found"})"};
  if (method == "GET") return Ask("get", id, "");
  return Ask(method == "PATCH" ? "update" : "delete", id, body);
}

Answer StockNode::Graphql(const std::string& body) {
  Json arguments = Json::parse(body)["variables"];
  arguments["includeLogs"] = true;
  const Answer answer = Ask("graphql.events", "", arguments.dump());
  if (answer.status != 200) return answer;
  if (hidden_.empty()) return {200, R"({"data":{"events":)" + answer.body + "}}"};
  Json page = Json::parse(answer.body);
  Json edges = Json::array();
  for (Json& edge : page["edges"]) {
    if (!hidden_.contains(edge["node"]["id"].get<std::string>())) edges.push_back(std::move(edge));
  }
  page["edges"] = std::move(edges);
  return {200, Json({{"data", {{"events", page}}}}).dump()};
}

Answer StockNode::Query(const std::string& body) {
  const Answer answer = Ask("query", "", body);
  if (answer.status != 200 || hidden_.empty()) return answer;
  Json rows = Json::array();
  for (Json& row : Json::parse(answer.body)) {
    if (!hidden_.contains(row["id"].get<std::string>())) rows.push_back(std::move(row));
  }
  return {200, rows.dump()};
}

void StockNode::Publish() {
  for (const Change& change : store_.ledger().TakeChanges()) {
    if (change.kind != ChangeKind::kRemoved) Send(change);
  }
}

void StockNode::Send(const Change& change) {
  last_message_ = schedule_->now();
  Json message = Json::parse(SocketMessage(change));
  DropOffset(message, "createdAt");
  DropOffset(message, "updatedAt");
  const std::string text = message.dump();
  for (const uint32_t client : authenticated_) {
    if (!random_->Chance(lose_percent_)) clients_.at(client)(text);
  }
}

void StockNode::Dispatch(Json body) {
  body.erase("dependsOn");
  (void)Ask("dispatch", "", body.dump(), true);
}

void StockNode::DispatchLate(Json body, int64_t delay_us, bool is_rolled_back) {
  body.erase("dependsOn");
  body.erase("hash");
  const EventTable& table = store_.view().table();
  // Hidden before anybody can ask: the message leaves within.
  DispatchRequest request = ParseDispatchRequest(body).value();
  const auto id =
      store_.ledger().Dispatch(request, Actor{"svc", {}, {}}, schedule_->now(), Draw(*random_));
  CUE_ASSERT(id.has_value());
  hidden_.insert(id->Hex());
  Publish();
  schedule_->In(delay_us, [this, id = *id, is_rolled_back, &table] {
    hidden_.erase(id.Hex());
    if (!is_rolled_back || table.FindById(id) == kNoRow) return;
    (void)store_.ledger().Remove(id);
    (void)store_.ledger().TakeChanges();
  });
}

void StockNode::Update(const std::string& id, const Json& body) {
  if (!hidden_.contains(id)) (void)Ask("update", id, body.dump(), true);
}

void StockNode::UpdateLate(const Uuid& id, const std::string& status, int64_t delay_us,
                           bool is_rolled_back) {
  const Row row = store_.view().table().FindById(id);
  if (row == kNoRow || IsHidden(id)) return;
  const Timestamp now = schedule_->now();
  Change change{.kind = ChangeKind::kUpdated};
  change.event = Own(store_.view().table().ViewWithoutPayload(row));
  change.event.status = ParseEventStatus(status).value();
  change.event.updated_at = now;
  Send(change);
  if (is_rolled_back) return;
  schedule_->In(delay_us, [this, id, status, now] {
    if (store_.view().table().FindById(id) == kNoRow) return;
    (void)store_.ledger().Update(id, *ParseUpdateRequest({{"status", status}}), Actor{}, now);
    (void)store_.ledger().TakeChanges();
  });
}

void StockNode::UpdateSilently(const Uuid& id, const std::string& status) {
  const Row row = store_.view().table().FindById(id);
  if (row == kNoRow || IsHidden(id)) return;
  const auto request = ParseUpdateRequest({{"status", status}});
  (void)store_.ledger().Update(id, *request, Actor{}, store_.view().table().updated_at(row));
  (void)store_.ledger().TakeChanges();
}

void StockNode::Delete(const std::string& id) {
  if (!hidden_.contains(id)) (void)Ask("delete", id, "", true);
}

void StockNode::Crash() {
  is_up_ = false;
  authenticated_.clear();
  const auto clients = std::exchange(clients_, {});
  for (const auto& [client, frame] : clients) frame("");
}

void StockNode::Tick() {
  if (schedule_->now().us - last_message_.us < kHeartbeatUs) return;
  last_message_ = schedule_->now();
  for (const uint32_t client : authenticated_) clients_.at(client)(R"({"topic":"heartbeat"})");
}

uint32_t StockNode::Open(Frame frame) {
  if (!is_up_) return 0;
  clients_[++last_client_] = std::move(frame);
  return last_client_;
}

// Nothing but `auth` has an effect, and nothing is answered (9.2).
void StockNode::Message(uint32_t client, std::string_view text) {
  if (!clients_.contains(client) || sessions_end_) return;
  const Json message = Json::parse(text);
  if (message["topic"] == "auth" && message["token"] == "good") authenticated_.insert(client);
}

void StockNode::Close(uint32_t client) {
  authenticated_.erase(client);
  clients_.erase(client);
}

}  // namespace cuesheet::simulation
