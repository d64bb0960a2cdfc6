// A payload whose file is damaged, or cannot be read at all: every call that would show it says so
// and names the file, and everything else works.
#include <catch2/catch_amalgamated.hpp>

#include "event/event_reader.h"
#include "hub/api.h"
#include "small_store.h"

namespace cuesheet::testing {
namespace {

const char* const kManager = R"({"name":"mona","isManager":true,"isAdmin":true,"isService":true})";
constexpr std::string_view kSecondTopic = "demo.second";

// Files whose payload files cannot be read while `is_broken`.
class BrokenEnv : public MemoryEnv {
 public:
  bool is_broken = false;
  int reads = 0;  // of payload files

  Result<std::string> ReadAt(const std::string& name, uint64_t offset, uint64_t size) override {
    const bool is_payload = name.starts_with(kPayloadPrefix);
    if (is_payload) ++reads;
    if (is_payload && is_broken) return Fail(ErrorCode::kStorage, name + ": the disk is broken");
    return MemoryEnv::ReadAt(name, offset, size);
  }
};

// Two events with payloads in one file, which was damaged, and a third one without.
struct Damaged {
  BrokenEnv env;
  std::string file;
  std::string first;
  std::string second;
  std::optional<EventStore> store;
  std::optional<HubApi> api;
  int64_t now = 1'774'000'000'000'000;

  explicit Damaged(bool flips_a_bit = true) {
    store.emplace(&env, kSmall);
    api.emplace(&store->view(), &store->ledger(), &store->exports(), &store->files());
    CUE_ASSERT(store->files().Open().has_value());
    first = Dispatch(R"({"topic":"demo.first","payload":{"n":1}})");
    second = Dispatch(R"({"topic":"demo.second","payload":{"n":2}})");
    Dispatch(R"({"topic":"demo.third"})");
    Checkpoint(*store);
    for (auto& [name, bytes] : env.files) {
      if (!name.starts_with(kPayloadPrefix)) continue;
      file = name;
      if (flips_a_bit) bytes.back() ^= 1;
    }
    CUE_ASSERT(!file.empty());
    api.reset();
    store.emplace(&env, kSmall);
    api.emplace(&store->view(), &store->ledger(), &store->exports(), &store->files());
    CUE_ASSERT(OpenWhole(*store).has_value());
    Publish();
  }

  HubResponse Ask(std::string_view operation, std::string body, std::string id = "") {
    HubRequest request;
    request.operation = ParseHubOperation(operation).value();
    request.id = std::move(id);
    request.caller = Caller::Parse(Json::parse(kManager)).value();
    request.body = body;
    Entropy entropy;
    now += 1'000'000;
    for (size_t i = 0; i < 8; ++i) entropy.bytes[i] = static_cast<uint8_t>(now >> (8 * i));
    HubResponse response = api->Handle(request, {now}, entropy);
    Publish();
    return response;
  }
  void Publish() {
    for (const Change& change : store->ledger().TakeChanges()) api->Note(change);
  }
  std::string Dispatch(const std::string& body) {
    return Json::parse(Ask("dispatch", body).body)["id"];
  }
  // Whether the answer refuses with this status and names the file.
  bool IsRefused(const HubResponse& response, int status = 500) const {
    const Json body = Json::parse(response.body);
    return response.status == status && body["code"] == status && Names(body["detail"]);
  }
  bool Names(const Json& text) const {
    return text.is_string() && text.get<std::string>().starts_with(file + ": ");
  }
};

const char* const kPayloadFilter =
    R"({"conditions":[{"key":"payload/n","operator":"eq","value":1}]})";

TEST_CASE("GET of an event whose payload cannot be read is a 5xx that names the file", "[faults]") {
  Damaged f;
  CHECK(f.IsRefused(f.Ask("get", "", f.first)));
  Damaged g(false);
  g.env.is_broken = true;
  CHECK(g.IsRefused(g.Ask("get", "", g.first), 503));
  g.env.is_broken = false;  // it was the disk, and the disk is there again
  CHECK(Json::parse(g.Ask("get", "", g.first).body)["payload"] == Json{{"n", 1}});
}

TEST_CASE("PATCH reads no payload, and a new one takes the place of a damaged one", "[faults]") {
  Damaged f;
  const int reads = f.env.reads;
  CHECK(f.Ask("update", R"({"description":"later"})", f.first).status == 204);
  CHECK(f.Ask("update", R"({"payload":{"n":3}})", f.first).status == 204);
  CHECK(f.env.reads == reads);
  const Json event = Json::parse(f.Ask("get", "", f.first).body);
  CHECK(event["description"] == "later");
  CHECK(event["payload"] == Json{{"n", 3}});
  CHECK(f.IsRefused(f.Ask("get", "", f.second)));
}

TEST_CASE("POST /api/query goes on, and says which payload it could not read", "[faults]") {
  Damaged f;
  const HubResponse response = f.Ask("query", R"({"entity":"event"})");
  CHECK(response.status == 200);
  const Json events = Json::parse(response.body);
  REQUIRE(events.size() == 3);
  CHECK(events[0]["payload"] == Json::object());
  CHECK_FALSE(events[0].contains("payload_error"));
  CHECK(events[1]["topic"] == kSecondTopic);
  CHECK_FALSE(events[1].contains("payload"));
  CHECK(f.Names(events[1]["payload_error"]));
  CHECK(f.Names(events[2]["payload_error"]));
}

TEST_CASE("a list of GraphQL goes on, and has an error in place of the payload", "[faults]") {
  Damaged f;
  const HubResponse response = f.Ask("graphql.events", R"({"last":10})");
  CHECK(response.status == 200);
  const Json edges = Json::parse(response.body)["edges"];
  REQUIRE(edges.size() == 3);
  CHECK_FALSE(edges[0]["node"].contains("payloadError"));
  CHECK(edges[1]["node"]["topic"] == kSecondTopic);
  CHECK(edges[1]["node"]["payload"].is_null());
  CHECK(f.Names(edges[1]["node"]["payloadError"]));
}

TEST_CASE("a plan of GraphQL with a payload that cannot be read is refused, and one without is not",
          "[faults]") {
  Damaged f;
  const auto plan = [](const std::string& field) {
    return R"([{"field":"events","select":[{"field":"edges","select":[{"field":"node",)"
           R"("select":[{"field":")" +
           field + "\"}]}]}]}]\n[{\"first\":2}]";
  };
  CHECK(f.IsRefused(f.Ask("graphql.plan", plan("payload"))));
  const int reads = f.env.reads;
  const HubResponse response = f.Ask("graphql.plan", plan("topic"));
  CHECK(response.status == 200);
  CHECK(response.body.contains(kSecondTopic));
  CHECK(f.env.reads == reads);
}

TEST_CASE("conditions on a payload that cannot be read are refused: nobody knows what matches",
          "[faults]") {
  Damaged f;
  const std::string filter(kPayloadFilter);
  CHECK(f.IsRefused(f.Ask("query", R"({"entity":"event","filter":)" + filter + "}")));
  CHECK(f.IsRefused(f.Ask("eventops", R"({"type":"delete","filter":)" + filter + "}")));
  CHECK(f.IsRefused(f.Ask("graphql.events", R"({"last":10,"where":)" + filter + "}")));
  CHECK(f.IsRefused(
      f.Ask("enroll", R"({"sourceTopic":"demo.first","targetTopic":"demo.job","sender":"s",)"
                      R"("filter":)" +
                          filter + "}")));
  CHECK(f.store->view().table().size() == 3);
  std::string page;
  const auto query = EventQuery::Parse({{"last", 10}, {"where", Json::parse(filter)}});
  REQUIRE(query);
  CHECK(f.store->answers().OpenLive(1, *query, page).error().code == ErrorCode::kCorrupt);
  CHECK(f.store->answers().AppendPage(page, *query, EventForm::kRow).error().code ==
        ErrorCode::kCorrupt);
}

TEST_CASE("a snapshot with payloads stops at one that cannot be read; without them it is whole",
          "[faults]") {
  Damaged f;
  for (const std::string form : {"rows", "columns"}) {
    CHECK(f.IsRefused(f.Ask("snapshot", R"({"payloads":true,"form":")" + form + "\"}")));
    CHECK(f.Ask("snapshot", R"({"form":")" + form + "\"}").status == 200);
  }
}

TEST_CASE("changes go on, and say why an event has no payload", "[faults]") {
  Damaged f;
  REQUIRE(f.Ask("update", R"({"description":"later"})", f.first).status == 204);
  const std::string since = std::to_string(f.store->view().sequence() - 1);
  const HubResponse response = f.Ask("changes", R"({"payloads":true,"since":)" + since + "}");
  CHECK(response.status == 200);
  const Json changes = Json::parse(response.body)["changes"];
  REQUIRE(changes.size() == 1);
  const Json& event = changes[0]["event"];
  CHECK(event["description"] == "later");
  CHECK_FALSE(event.contains("payload"));
  CHECK(f.Names(event["payloadError"]));
}

TEST_CASE("an export leaves it out and says so; events without payload are not among them",
          "[faults]") {
  Damaged f;
  std::string lines;
  const auto part = f.store->answers().Export(lines, std::nullopt, kDefaultExportBytes);
  REQUIRE(part);
  CHECK(part->events == 3);
  CHECK(part->without_payload == 2);
  REQUIRE(part->unreadable.size() == 2);
  CHECK(part->unreadable[0].id.Hex() == f.first);
  CHECK(f.Names(Json(part->unreadable[0].why)));
  CHECK(Json::parse(lines.substr(0, lines.find('\n'))).contains("payload") == false);
}

TEST_CASE("a page in the form of REST goes on; a damaged file is read once, not once an event",
          "[faults]") {
  Damaged f;
  std::string page;
  const int reads = f.env.reads;
  const EventQuery query = EventQuery::Parse({{"last", 10}}).value();
  REQUIRE(f.store->answers().AppendPage(page, query, EventForm::kRest));
  const Json events = Json::parse(page)["events"];
  REQUIRE(events.size() == 3);
  CHECK(f.Names(events[1]["payloadError"]));
  CHECK_FALSE(events[1].contains("payload"));
  CHECK(f.env.reads - reads == 2);  // its head, then all of it
}

}  // namespace
}  // namespace cuesheet::testing
