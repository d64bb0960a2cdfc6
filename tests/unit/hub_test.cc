#include <catch2/catch_amalgamated.hpp>

#include "hub/api.h"
#include "hub/sockets.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

Caller Who(std::string_view json) { return Caller::Parse(Json::parse(json)).value(); }
const char* const kService = R"({"name":"svc","isService":true})";
const char* const kManager = R"({"name":"mona","isManager":true})";
const char* const kUser = R"({"name":"alice","accessGroups":{"demo":["artist"]}})";
const char* const kGuest = R"({"name":"visitor","isGuest":true})";

struct HubFixture : StoreFixture {
  HubApi api{&store.view(), &store.ledger(), &store.exports(), &store.files()};

  HubResponse Ask(std::string_view operation, std::optional<std::string_view> who, std::string body,
                  std::string id = "") {
    HubRequest request;
    request.operation = ParseHubOperation(operation).value();
    request.id = std::move(id);
    if (who) request.caller = Who(*who);
    request.body = body;
    return api.Handle(request, Now(), Draw());
  }
  std::string DispatchAs(std::string_view who, const std::string& body) {
    return Json::parse(Ask("dispatch", who, body).body)["id"];
  }
};

TEST_CASE("an operation is found by its name, and what is none is an error") {
  for (const HubOperationInfo& info : kHubOperations) {
    CHECK(ParseHubOperation(info.name) == info.operation);
  }
  for (const std::string_view name : {"", "Enroll", "enrol", "dispatch.batch "}) {
    const auto parsed = ParseHubOperation(name);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::kInvalid);
    CHECK(parsed.error().message ==
          "operation: a hub has no operation '" + std::string(name) + "'");
  }
}

TEST_CASE("checks come in AYON's order: JSON, credentials, guests, body, rules") {
  HubFixture f;
  CHECK(f.Ask("dispatch", {}, "{oops").status == 400);
  CHECK(f.Ask("dispatch", {}, "{}").status == 401);
  CHECK(f.Ask("dispatch", {}, "{}").body == R"({"code":401,"detail":"Access token is missing"})");
  CHECK(f.Ask("dispatch", kGuest, "{}").body ==
        R"({"code":403,"detail":"Guest users are not allowed to access this endpoint"})");
  CHECK(f.Ask("dispatch", kUser, "{}").status == 400);
  CHECK(f.Ask("dispatch", kUser, R"({"topic":"abc"})").body ==
        R"({"code":403,"detail":"Not allowed to update this event"})");
  CHECK(f.Ask("dispatch", kManager, R"({"topic":"abc"})").status == 200);
  CHECK(f.Ask("dispatch", kManager, "").status == 400);
}

TEST_CASE("unparsable JSON is a validation error of its own type") {
  HubFixture f;
  const Json body = Json::parse(f.Ask("dispatch", kManager, "{oops").body);
  CHECK(body["errors"][0]["type"] == "value_error.jsondecode");
  CHECK(body["detail"] == "Request validation error in [POST] /api/events");
}

TEST_CASE("a malformed id is 400, an unknown one 404") {
  HubFixture f;
  const Json bad = Json::parse(f.Ask("get", kManager, "", "E0000000000000000000000000000001").body);
  CHECK(bad["errors"][0]["loc"] == Json::parse(R"(["path","event_id"])"));
  CHECK(f.Ask("get", kManager, "", "e0000000000000000000000000000001").body ==
        R"({"code":404,"detail":"Event not found"})");
}

TEST_CASE("GET shows the fifteen attributes") {
  HubFixture f;
  const std::string id = f.DispatchAs(kManager, R"({"topic":"demo.a","payload":{"x":1}})");
  const Json event = Json::parse(f.Ask("get", kUser, "", id).body);
  CHECK(event.size() == 15);
  CHECK(event["payload"] == Json::parse(R"({"x":1})"));
  CHECK(event["project"].is_null());
}

TEST_CASE("a normal user reads events of own projects only") {
  HubFixture f;
  const std::string own = f.DispatchAs(kManager, R"({"topic":"demo.a","project":"Demo"})");
  const std::string other = f.DispatchAs(kManager, R"({"topic":"demo.a","project":"other"})");
  CHECK(f.Ask("get", kUser, "", own).status == 200);
  CHECK(f.Ask("get", kUser, "", other).body ==
        R"({"code":403,"detail":"No access group assigned on this project"})");
}

TEST_CASE("a status is the service's to set, unless the event has a parent") {
  HubFixture f;
  const std::string plain = f.DispatchAs(kManager, R"({"topic":"demo.a"})");
  const std::string child =
      f.DispatchAs(kManager, R"({"topic":"demo.b","dependsOn":")" + plain + "\"}");
  const std::string patch = R"({"status":"failed"})";
  CHECK(f.Ask("update", kManager, patch, plain).body ==
        R"({"code":403,"detail":"Not allowed to update status of this event"})");
  CHECK(f.Ask("update", kManager, R"({"status":"finished"})", plain).status == 204);
  CHECK(f.Ask("update", kManager, patch, child).status == 204);
  CHECK(f.Ask("update", kService, patch, plain).status == 204);
}

TEST_CASE("the recipients of a dispatch are names, and are not part of the event") {
  HubFixture f;
  const std::string body = R"({"topic":"demo.a","recipients":)";
  const HubResponse sent = f.Ask("dispatch", kManager, body + R"(["alice"]})");
  CHECK(sent.recipients == std::vector<std::string>{"alice"});
  CHECK_FALSE(f.Ask("dispatch", kManager, body + "null}").recipients.has_value());
  CHECK(f.Ask("dispatch", kManager, body + R"("alice"})").status == 400);
  CHECK(f.Ask("dispatch", kManager, body + "[1]}").status == 400);
  const std::string id = Json::parse(sent.body)["id"];
  CHECK(Json::parse(f.Ask("get", kManager, "", id).body).size() == 15);
}

TEST_CASE("a dispatch with an id of its own happens once, and its id is nobody else's") {
  HubFixture f;
  const std::string id = "e0000000000000000000000000000001";
  const std::string body = R"({"topic":"a.b","id":")" + id + R"("})";
  CHECK(f.DispatchAs(kManager, body) == id);
  CHECK(f.DispatchAs(kManager, body) == id);
  CHECK(f.store.view().table().size() == 1);
  const std::string other = R"({"topic":"a.c","id":")" + id + R"("})";
  CHECK(f.Ask("dispatch", kManager, other).body ==
        R"({"code":409,"detail":"Event with the same id already exists"})");
  CHECK(f.Ask("dispatch", kManager, R"({"topic":"a.b","id":"E1"})").status == 400);
}

TEST_CASE("a batch answers each entry, and a refused one stops no other") {
  HubFixture f;
  const std::string body =
      R"([{"topic":"a.b","hash":"x"},{"topic":"a.b","hash":"x"},{"topic":"?"},{"topic":"a.c"},)"
      R"({"topic":"a.d","recipients":["bob"]}])";
  const Json answers = Json::parse(f.Ask("dispatch.batch", kManager, body).body);
  REQUIRE(answers.size() == 5);
  CHECK(answers[1]["code"] == 409);
  CHECK(answers[2]["code"] == 400);
  CHECK(answers[4]["code"] == 400);
  CHECK(f.store.view().table().size() == 2);
  CHECK(answers[0]["id"] != answers[3]["id"]);
  CHECK(f.Ask("get", kManager, "", answers[3]["id"]).status == 200);
  CHECK(f.Ask("dispatch.batch", kUser, body).status == 403);
  CHECK(f.Ask("dispatch.batch", kManager, R"({"topic":"a.b"})").status == 400);
  std::string many = "[";
  for (int i = 0; i < 1001; ++i) many += i == 0 ? "1" : ",1";
  CHECK(f.Ask("dispatch.batch", kManager, many + ']').status == 400);
}

TEST_CASE("the change feed goes on from the journal after a restart") {
  HubFixture f;
  const std::string id = f.DispatchAs(kManager, R"({"topic":"a.b"})");
  f.DispatchAs(kManager, R"({"topic":"a.c"})");
  CHECK(f.Ask("delete", kService, "", id).status == 204);
  f.Commit();
  EventStore again(&f.env);
  HubApi api(&again.view(), &again.ledger(), &again.exports(), &again.files());
  again.files().OnReplay([&api](const Change& change) { api.Note(change); });
  REQUIRE(again.files().Open().has_value());
  HubRequest request;
  request.operation = HubOperation::kChanges;
  request.caller = Who(kManager);
  request.body = R"({"since":"0"})";
  const Json answer = Json::parse(api.Handle(request, f.Now(), f.Draw()).body);
  REQUIRE(answer["changes"].size() == 3);
  CHECK(answer["changes"][0] == Json({{"sequence", 1}, {"kind", "inserted"}, {"id", id}}));
  CHECK(answer["changes"][1]["event"]["topic"] == "a.c");
  CHECK(answer["changes"][2]["kind"] == "removed");
  CHECK(answer["next"] == 3);
  request.body = R"({"since":4})";
  CHECK(api.Handle(request, f.Now(), f.Draw()).status == 410);
}

TEST_CASE("only admins and services delete, and a parent stays") {
  HubFixture f;
  const std::string parent = f.DispatchAs(kManager, R"({"topic":"demo.a"})");
  f.DispatchAs(kManager, R"({"topic":"demo.b","dependsOn":")" + parent + "\"}");
  CHECK(f.Ask("delete", kManager, "", parent).status == 403);
  const HubResponse refused = f.Ask("delete", kService, "", parent);
  CHECK(refused.status == 409);
  CHECK(Json::parse(refused.body)["error"] == "foreign-key-violation");
  CHECK(f.Ask("delete", kService, "", "e0000000000000000000000000000001").status == 204);
}

TEST_CASE("lists hold own events for users, nothing for guests, all for managers") {
  HubFixture f;
  const std::string others = f.DispatchAs(kManager, R"({"topic":"demo.a"})");
  const auto count = [&f](const char* who, const std::string& arguments) {
    return Json::parse(f.Ask("graphql.events", who, arguments).body)["edges"].size();
  };
  CHECK(count(kManager, "{}") == 1);
  CHECK(count(kUser, R"({"users":["mona"]})") == 0);
  CHECK(count(kUser, R"({"ids":[")" + others + "\"]}") == 1);
  CHECK(count(kGuest, "{}") == 0);
}

TEST_CASE("GraphQL refusals carry a status where AYON has one") {
  HubFixture f;
  CHECK(Json::parse(f.Ask("graphql.events", kManager, R"({"topics":["%"]})").body)["status"] ==
        400);
  CHECK(Json::parse(f.Ask("graphql.events", kManager, R"({"first":-1})").body)["status"].is_null());
}

TEST_CASE("a body over the limit is refused and named") {
  HubFixture f;
  const HubResponse response = f.Ask("dispatch", kManager, std::string(kMaxEventBytes + 1, ' '));
  CHECK(response.status == 413);
  CHECK(response.body.find("1048576") != std::string::npos);
}

struct SocketFixture : StoreFixture {
  ChangeFeed feed;
  EffectQueue effects;
  Sockets sockets{&effects, &store.view(), &feed};
  void Join(uint32_t client, std::string_view who, const std::string& subscribe) {
    sockets.Opened(client, {0});
    sockets.Message(client, R"({"topic":"auth","token":"t","subscribe":)" + subscribe + "}");
    sockets.Authenticated(client, Who(who));
    (void)effects.Take();
  }
};

TEST_CASE("nobody hears anything before auth, and who stays silent is closed") {
  SocketFixture f;
  f.sockets.Opened(1, {0});
  f.sockets.Message(1, "junk");
  f.sockets.Message(1, R"({"topic":"auth"})");
  f.sockets.Message(1, "[1,2]");
  CHECK(f.effects.count() == 0);
  f.sockets.Tick({2'900'000});
  CHECK(f.effects.count() == 0);
  f.sockets.Tick({3'000'000});
  CHECK(f.effects.Take() == "{\"effect\":\"close\",\"client\":1,\"code\":1000}\n");
}

TEST_CASE("who has asked is not closed while the host looks the token up") {
  SocketFixture f;
  f.sockets.Opened(1, {0});
  f.sockets.Message(1, R"({"topic":"auth","token":"t"})");
  (void)f.effects.Take();
  f.sockets.Tick({9'000'000});
  CHECK(f.effects.count() == 0);
  f.sockets.Authenticated(1, std::nullopt);
  f.sockets.Tick({9'100'000});
  CHECK(f.effects.Take() == "{\"effect\":\"close\",\"client\":1,\"code\":1000}\n");
}

TEST_CASE("an unknown token changes nothing, a known one subscribes") {
  SocketFixture f;
  f.Join(1, kManager, R"(["entity"])");
  f.sockets.Message(1, R"({"topic":"auth","token":"x","subscribe":["*"]})");
  CHECK(Json::parse(f.effects.Take())["effect"] == "identify");
  f.sockets.Authenticated(1, std::nullopt);
  CHECK(f.sockets.Recipients("log.info", {}, {}).empty());
  CHECK(f.sockets.Recipients("entityfoo", {}, {}).size() == 1);
  CHECK(f.sockets.Recipients("server.started", {}, {}).size() == 1);
}

TEST_CASE("a socket that outlives the hub is taken back with its user, topics and project") {
  SocketFixture f;
  f.sockets.Opened(7, {0});
  f.sockets.Message(7, R"({"topic":"auth","token":"t","subscribe":["render"],"project":"demo"})");
  (void)f.effects.Take();
  f.sockets.Authenticated(7, Who(kUser));
  const Json effect = Json::parse(f.effects.Take());
  CHECK(effect["effect"] == "remember");
  CHECK(effect["client"] == 7);

  SocketFixture later;
  REQUIRE(later.sockets.Restored(1, effect["state"].get<std::string>()));
  later.sockets.Tick({10'000'000});  // no deadline closes it
  CHECK(later.effects.Take().find("close") == std::string::npos);
  for (const auto& [topic, project] :
       {std::pair<std::string, std::optional<std::string>>{"render.shot", "demo"},
        {"render.shot", std::nullopt},
        {"render.shot", "other"},
        {"entity.task", "demo"}}) {
    CAPTURE(topic, project.value_or("no project"));
    CHECK(later.sockets.Recipients(topic, project, {}).size() ==
          f.sockets.Recipients(topic, project, {}).size());
  }
  CHECK(later.sockets.Recipients("render.shot", "demo", {{"alice"}}) == std::vector<uint32_t>{1});
  CHECK_FALSE(later.sockets.Restored(2, "{}"));
  CHECK_FALSE(later.sockets.Restored(2, "junk"));
  CHECK(later.sockets.Recipients("heartbeat", {}, {}).size() == 1);
}

TEST_CASE("a heartbeat goes out every five seconds") {
  SocketFixture f;
  f.Join(1, kUser, "[]");
  f.sockets.Tick({10'000'000});
  CHECK(f.effects.Take().find("heartbeat") != std::string::npos);
  f.sockets.Tick({14'000'000});
  CHECK(f.effects.count() == 0);
  f.sockets.Tick({15'000'000});
  CHECK(f.effects.count() == 1);
}

TEST_CASE("a dispatch message has fourteen keys, an update twelve or thirteen") {
  HubFixture f;
  const std::string id = f.DispatchAs(kService, R"({"topic":"demo.a","finished":false})");
  const auto message = [&f] {
    return Json::parse(SocketMessage(f.store.ledger().TakeChanges().at(0)));
  };
  const Json dispatched = message();
  CHECK(dispatched.size() == 14);
  CHECK(dispatched["progress"] == 0);
  CHECK(dispatched["store"] == true);
  REQUIRE(f.Ask("update", kService, R"({"progress":42})", id).status == 204);
  const Json progressed = message();
  CHECK(progressed.size() == 13);
  CHECK(progressed["progress"] == 42);
  REQUIRE(f.Ask("update", kService, "{}", id).status == 204);
  const Json touched = message();
  CHECK(touched.size() == 12);
  CHECK_FALSE(touched.contains("hash"));
}

}  // namespace
}  // namespace cuesheet::testing
