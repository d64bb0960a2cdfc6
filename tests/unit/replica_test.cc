#include <catch2/catch_amalgamated.hpp>

#include "base/base64.h"
#include "replica_fixture.h"

namespace cuesheet::testing {
namespace {

TEST_CASE("a connection authenticates, reads the newest page, and is live") {
  ReplicaFixture f;
  f.connection.Start(f.Now());
  CHECK(f.Effect("connect"));
  REQUIRE(f.connection.Opened(f.Now()));
  const auto effects = f.Effects();
  CHECK(effects[0] ==
        Json::parse(
            R"({"effect":"authenticate","subscribe":["*"],"project":null,"since":0,"version":1})"));
  CHECK(effects[2]["path"] == "/graphql");
  f.Answer(effects[2]["request"], Json::array({Edge(4), Edge(9, "log.info")}));
  CHECK(f.connection.state() == ConnectionState::kLive);
  CHECK(f.store.view().table().size() == 2);
  CHECK(f.store.view().table().MaxCreationOrder() == 9);
}

TEST_CASE("a live message shows at once and the walk behind it gives it its place") {
  ReplicaFixture f;
  f.GoLive();
  Json message = Edge(12)["node"];
  message["summary"] = Json::object();
  REQUIRE(f.connection.Message(message.dump(), f.Now(), f.Draw()));
  const Uuid id = *Uuid::Parse(message["id"].get<std::string>());
  CHECK(f.View(id).creation_order >= kFirstProvisionalOrder);
  f.now_us += 10'000'000;
  (void)f.Effects();
  REQUIRE(f.connection.Timer(f.Now(), f.Draw()));
  const Json fetch = f.Effect("fetch").value();
  f.Answer(fetch["request"], Json::array({Edge(12)}));
  CHECK(f.View(id).creation_order == 12);
  CHECK(f.store.view().table().size() == 1);
}

TEST_CASE("a cursor beyond all creation orders leaves the event with a provisional one") {
  ReplicaFixture f;
  f.Open();
  Json edges = Json::array();
  int number = 0;
  for (const char* order : {"[1e300]", "[-1]", "[4503599627370496]"}) {
    edges.push_back(Edge(++number));
    edges.back()["cursor"] = Base64Encode(order);
  }
  f.Answer(f.Effect("fetch").value()["request"], edges);
  CHECK(f.store.view().table().size() == 3);
  f.store.view().table().VisitRange({}, [&](Row row) {
    CHECK(f.store.view().table().creation_order(row) >= kFirstProvisionalOrder);
    CHECK(f.store.view().table().creation_order(row) < kFirstProvisionalOrder + 3);
    return true;
  });
}

TEST_CASE("a lost connection waits with full jitter and tries again") {
  ReplicaFixture f;
  f.connection.Start(f.Now());
  int64_t ceiling = kBackoffBaseMs;
  for (int i = 0; i < 12; ++i) {
    (void)f.Effects();
    f.connection.Closed(f.Now(), f.Draw());
    CHECK(f.connection.state() == ConnectionState::kWaiting);
    const Json timer = f.Effect("timer").value();
    CHECK(timer["delayMs"].get<int64_t>() <= ceiling);
    ceiling = std::min(kBackoffCapMs, ceiling * 2);
    f.now_us += kBackoffCapMs * 1000;
    REQUIRE(f.connection.Timer(f.Now(), f.Draw()));
    CHECK(f.connection.state() == ConnectionState::kConnecting);
  }
}

TEST_CASE("after a reconnect open jobs are read again") {
  ReplicaFixture f;
  f.Open();
  f.Answer(f.Effect("fetch").value()["request"], Json::array({Edge(1, "demo.job", "in_progress")}));
  f.connection.Closed(f.Now(), f.Draw());
  f.Open();
  f.Answer(f.Effect("fetch").value()["request"], Json::array());
  const Json reread = Json::parse(f.Effect("fetch").value()["body"].get<std::string>());
  CHECK(reread["variables"]["ids"].size() == 1);
}

TEST_CASE(
    "a refused token is tried again by itself, less and less often, and when something changes") {
  ReplicaFixture f;
  f.Open();
  const auto refuse = [&f] {
    f.Answer(f.Effect("fetch").value()["request"], Json::array(), 401);
    CHECK(f.connection.state() == ConnectionState::kUnauthorized);
  };
  refuse();
  SECTION("the network is there again") { f.connection.Online(f.Now()); }
  SECTION("a token was given, perhaps the same") { f.connection.Start(f.Now()); }
  SECTION("time passes") {
    int64_t longest = 0;
    for (int i = 0; i < 12; ++i) {
      const int64_t delay = f.Effect("timer").value()["delayMs"];
      longest = std::max(longest, delay);
      CHECK(delay <= kRefusedCapMs);
      f.now_us += delay * 1000;
      REQUIRE(f.connection.Timer(f.Now(), f.Draw()));
      CHECK(f.connection.state() == ConnectionState::kConnecting);
      REQUIRE(f.connection.Opened(f.Now()));
      refuse();
    }
    CHECK(longest > kRefusedBaseMs);
    f.connection.Start(f.Now());
  }
  CHECK(f.connection.state() == ConnectionState::kConnecting);
}

TEST_CASE("silence, a stuck fetch and a stuck connect end the connection") {
  ReplicaFixture f;
  SECTION("connect") { f.connection.Start(f.Now()); }
  SECTION("fetch") { f.Open(); }
  SECTION("silence") { f.GoLive(); }
  f.now_us += 61'000'000;
  REQUIRE(f.connection.Timer(f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kWaiting);
}

TEST_CASE("heartbeats, junk and fire-and-forget messages store nothing") {
  ReplicaFixture f;
  f.GoLive();
  for (const char* text :
       {R"({"topic":"heartbeat"})", "junk", "[]", R"({"id":"x","topic":"abc"})",
        R"({"id":"e0000000000000000000000000000001","topic":"a.b","store":false})"}) {
    REQUIRE(f.connection.Message(text, f.Now(), f.Draw()));
  }
  CHECK(f.store.view().table().size() == 0);
}

TEST_CASE("a session token in a logout summary is never stored") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Message(
      R"({"id":"e0000000000000000000000000000001","topic":"auth.logout","summary":{"token":"s3cret"}})",
      f.Now(), f.Draw()));
  REQUIRE(f.store.files().BeginCommit());
  for (const auto& [name, bytes] : f.env.files) CHECK(bytes.find("s3cret") == std::string::npos);
}

TEST_CASE("the walk goes on over events outside of the scope, and does not fetch them again") {
  ReplicaFixture f;
  f.store.ledger().SetScope(ParseScope(Json::parse(R"({"topics":["render.*"]})")).value());
  f.Open();
  Json page = Json::array();
  for (int order = 1; order <= 500; ++order) page.push_back(Edge(order));
  f.Answer(f.Next().request, Json::array());
  f.Wait(kSettleDelayMs);
  f.Answer(f.Next().request, page);
  CHECK(f.store.view().table().size() == 0);
  const auto next = f.Effect("fetch");
  REQUIRE(next);
  CHECK(Json::parse((*next)["body"].get<std::string>())["variables"]["after"] == CursorOf(500));
  f.Answer((*next)["request"], Json::array({Edge(501, "render.a")}));
  CHECK(f.connection.state() == ConnectionState::kLive);
  CHECK(f.store.view().table().size() == 1);
  REQUIRE(f.connection.Message(
      R"({"id":"e0000000000000000000000000000001","topic":"demo.a","status":"finished"})", f.Now(),
      f.Draw()));
  CHECK(f.store.view().table().size() == 1);
}

TEST_CASE("an event that retention had removed comes back to its own place when it changes") {
  ReplicaFixture f;
  f.GoLive();
  f.Wait(kSettleDelayMs);
  f.Answer(f.Next().request, Json::array({Edge(7), Edge(9, "demo.b")}));
  const Uuid id = *Uuid::ParseLenient("e0000000000000000000000000000007");
  REQUIRE(f.store.ledger().Remove(id));
  REQUIRE(f.connection.Message(
      R"({"id":"e0000000000000000000000000000007","topic":"demo.a","status":"in_progress",)"
      R"("createdAt":"2026-03-19T10:05:00+00:00","updatedAt":"2026-03-20T10:05:00+00:00"})",
      f.Now(), f.Draw()));
  f.Wait(kConfirmDelayMs);
  f.Answer(f.Next().request, Json::array());           // the walk
  f.Answer(f.Next().request, Json::array({Edge(7)}));  // the reread
  CHECK(f.View(id).creation_order == 7);
}

TEST_CASE("a clock that is set back makes no wait longer") {
  ReplicaFixture f;
  f.connection.Start(f.Now());
  f.connection.Closed(f.Now(), f.Draw());
  REQUIRE(f.connection.state() == ConnectionState::kWaiting);
  f.now_us -= 3'600'000'000;
  REQUIRE(f.connection.Timer(f.Now(), f.Draw()));
  f.now_us += kBackoffCapMs * 1000;
  REQUIRE(f.connection.Timer(f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kConnecting);
}

}  // namespace
}  // namespace cuesheet::testing
