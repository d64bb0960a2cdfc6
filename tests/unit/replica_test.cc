#include <catch2/catch_amalgamated.hpp>

#include "base/base64.h"
#include "event/feed_version.h"
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

TEST_CASE("a refused token stops the connection until it is started again") {
  ReplicaFixture f;
  f.Open();
  f.Answer(f.Effect("fetch").value()["request"], Json::array(), 401);
  CHECK(f.connection.state() == ConnectionState::kUnauthorized);
  f.connection.Online(f.Now());
  CHECK(f.connection.state() == ConnectionState::kUnauthorized);
  f.connection.Start(f.Now());
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

Json FeedEvent(int order, std::string_view status = "finished") {
  Json event = Edge(order, "demo.a", status)["node"];
  event["cursor"] = CursorOf(order);
  event["summary"] = Json::object();
  return event;
}

Json ChangesJson(const Json& changes, uint64_t next, uint64_t head) {
  return {{"topic", "cuesheet.changes"},
          {"changes", changes},
          {"next", next},
          {"head", head},
          {"store", "s1"}};
}

std::string Changes(const Json& changes, uint64_t next, uint64_t head) {
  return ChangesJson(changes, next, head).dump();
}

// As a hub sends them to who asks for payloads.
std::string WholeChanges(const Json& changes, uint64_t next, uint64_t head) {
  Json message = ChangesJson(changes, next, head);
  message["payloads"] = true;
  return message.dump();
}

TEST_CASE("an upstream that answers with its changes is followed, and the walk is given up") {
  ReplicaFixture f;
  f.Open();
  const uint64_t walk = f.Effect("fetch").value()["request"];
  const Json change = {{"sequence", 1}, {"kind", "inserted"}, {"event", FeedEvent(1)}};
  REQUIRE(f.connection.Message(Changes(Json::array({change}), 1, 2), f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kCatchingUp);
  CHECK(f.Effect("acknowledge").value()["sequence"] == 1);
  const std::string gone = FeedEvent(1)["id"];
  const Json removed = {{"sequence", 2}, {"kind", "removed"}, {"id", gone}};
  REQUIRE(f.connection.Message(Changes(Json::array({removed}), 2, 2), f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kLive);
  f.Answer(walk, Json::array({Edge(1)}));  // late: nobody waits for it
  CHECK(f.store.view().table().size() == 0);
  f.connection.Closed(f.Now(), f.Draw());
  f.connection.Online(f.Now());
  (void)f.Effects();
  REQUIRE(f.connection.Opened(f.Now()));
  const Json auth = f.Effect("authenticate").value();
  CHECK(auth["since"] == 2);
  CHECK(auth["store"] == "s1");
}

TEST_CASE("what no hub sends is refused, and the connection begins again") {
  for (const char* message :
       {R"({"topic":"cuesheet.changes"})",
        R"({"topic":"cuesheet.changes","changes":[],"next":"1"})",
        R"({"topic":"cuesheet.changes","changes":[{"kind":"removed","id":5},7,null],"next":1})",
        R"({"topic":"cuesheet.open","events":{}})"}) {
    CAPTURE(message);
    ReplicaFixture f;
    f.GoLive();
    const auto taken = f.connection.Message(message, f.Now(), f.Draw());
    CHECK((taken || f.connection.state() == ConnectionState::kWaiting));
  }
  ReplicaFixture f;
  f.GoLive();
  const std::string odd =
      R"({"topic":"cuesheet.changes","changes":[],"next":1,"head":"x","store":[]})";
  CHECK(f.connection.Message(odd, f.Now(), f.Draw()));
}

TEST_CASE("when the history is gone a snapshot is taken, and what it does not have goes") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Timer({f.now_us + 10'000'000}, f.Draw()));
  f.Answer(f.Effect("fetch").value()["request"], Json::array({Edge(7)}));
  const auto local = f.outbox.Dispatch({{"topic", "demo.local"}}, {}, f.Now(), f.Draw());
  (void)f.Effects();
  REQUIRE(f.connection.Message(R"({"topic":"cuesheet.gone","code":410})", f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  const std::string lines =
      R"({"sequence":5,"store":"s1"})" + std::string("\n") + FeedEvent(9).dump() + "\n";
  REQUIRE(f.connection.Snapshot(request, lines, f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, 200, f.Now(), f.Draw()));
  CHECK(f.Effect("authenticate").value()["since"] == 5);
  CHECK(f.store.view().table().FindById(*Uuid::ParseLenient("e0000000000000000000000000000007")) ==
        kNoRow);
  CHECK(f.store.view().table().FindById(*Uuid::ParseLenient("e0000000000000000000000000000009")) !=
        kNoRow);
  CHECK(f.store.view().table().FindById(local->id) != kNoRow);  // nobody has it yet
}

TEST_CASE("a snapshot without a last line counts only from a hub that is too old to send one") {
  const bool says_version = GENERATE(true, false);
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Timer({f.now_us + 10'000'000}, f.Draw()));
  f.Answer(f.Effect("fetch").value()["request"], Json::array({Edge(7)}));
  const Uuid known = *Uuid::ParseLenient("e0000000000000000000000000000007");
  REQUIRE(f.store.view().table().FindById(known) != kNoRow);
  Json gone = {{"topic", "cuesheet.gone"}, {"code", 410}};
  if (says_version) gone["version"] = kFeedVersion;
  REQUIRE(f.connection.Message(gone.dump(), f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  const std::string lines =
      R"({"sequence":5,"store":"s1"})" + std::string("\n") + FeedEvent(9).dump() + "\n";
  REQUIRE(f.connection.Snapshot(request, lines, f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, 200, f.Now(), f.Draw()));
  const auto expected =
      says_version ? ConnectionState::kWaiting : ConnectionState::kCatchingUp;  // it takes another
  CHECK(f.connection.state() == expected);
  CHECK((f.store.view().table().FindById(known) != kNoRow) == says_version);
}

constexpr const char* kGone = R"({"topic":"cuesheet.gone","code":410})";

TEST_CASE("batches that were sent before a snapshot ended do not make it older") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  Json newest = FeedEvent(9);
  newest["description"] = "as of 5";
  const std::string lines =
      R"({"sequence":5,"store":"s1"})" + std::string("\n") + newest.dump() + "\n";
  REQUIRE(f.connection.Snapshot(request, lines, f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, 200, f.Now(), f.Draw()));
  (void)f.Effects();
  Json older = FeedEvent(9);
  older["description"] = "as of 4";
  const Json change = {{"sequence", 4}, {"kind", "updated"}, {"event", older}};
  REQUIRE(f.connection.Message(Changes(Json::array({change}), 4, 4), f.Now(), f.Draw()));
  const Uuid id = *Uuid::ParseLenient(newest["id"].get<std::string>());
  CHECK(f.View(id).description == "as of 5");
  CHECK(f.connection.state() == ConnectionState::kCatchingUp);
  CHECK_FALSE(f.Effect("acknowledge"));
  REQUIRE(f.connection.Message(Changes(Json::array(), 5, 5), f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kLive);
}

TEST_CASE("a dispatch that a hub took and never tells of is asked for by its address") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Message(Changes(Json::array(), 0, 0), f.Now(), f.Draw()));
  const auto settle = [&f] { f.connection.Look(f.outbox.TakeQuestions(), f.Now()); };
  const auto local = f.outbox.Dispatch({{"topic", "demo.local"}}, {}, f.Now(), f.Draw()).value();
  REQUIRE(f.outbox.Pump(true, f.Now(), f.Draw()));
  const Json write = f.Effect("write").value();
  const std::string answer = Json({{"id", local.id.Hex()}}).dump();
  REQUIRE(f.outbox.Answered(write["request"], 200, answer, f.Now(), f.Draw()));
  settle();
  const auto wait = [&f] {
    for (int64_t waited = 0; waited < kMissingAgainMs; waited += 30'000) f.Wait(30'000);
  };
  const EventTable& table = f.store.view().table();
  (void)f.Effects();
  wait();
  CHECK_FALSE(f.Effect("fetch"));  // the feed may only be slow
  wait();
  const Json first = f.Effect("fetch").value();
  CHECK(first["path"] == "/api/events/" + local.id.Hex());
  REQUIRE(f.connection.Fetched(first["request"], 503, "", f.Now(), f.Draw()));
  CHECK(table.FindById(local.id) != kNoRow);
  wait();
  wait();
  SECTION("it was removed") {
    const Json second = f.Effect("fetch").value();
    REQUIRE(f.connection.Fetched(second["request"], 404, "", f.Now(), f.Draw()));
    CHECK(table.FindById(local.id) == kNoRow);
  }
  SECTION("the feed brings it at last") {
    const Json second = f.Effect("fetch").value();
    REQUIRE(f.connection.Fetched(second["request"], 200, "{}", f.Now(), f.Draw()));
    Json event = FeedEvent(9);
    event["id"] = event["hash"] = local.id.Hex();
    const Json change = {{"sequence", 1}, {"kind", "inserted"}, {"event", event}};
    REQUIRE(f.connection.Message(Changes(Json::array({change}), 1, 1), f.Now(), f.Draw()));
    (void)f.Effects();
    wait();
    wait();
    CHECK_FALSE(f.Effect("fetch"));
    CHECK(table.FindById(local.id) != kNoRow);
  }
}

TEST_CASE("a snapshot that was cut off is taken again, whatever the changes cover by then") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.SnapshotEnded(request, 0, f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kWaiting);
  f.connection.Online(f.Now());
  REQUIRE(f.connection.Opened(f.Now()));
  CHECK_FALSE(f.Effect("fetch"));  // it is known to be a hub
  REQUIRE(f.connection.Message(Changes(Json::array(), 3, 3), f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kCatchingUp);
  CHECK(f.Effect("snapshot"));
}

TEST_CASE("an event of a hub counts however large it has grown") {
  ReplicaFixture f;
  f.GoLive();
  const std::string text(3 << 20, 'x');
  Json event = FeedEvent(9);
  event["description"] = text;
  event["summary"] = event["payload"] = {{"text", text}};
  const Json change = {{"sequence", 1}, {"kind", "updated"}, {"event", event}};
  REQUIRE(f.connection.Message(Changes(Json::array({change}), 1, 1), f.Now(), f.Draw()));
  CHECK(f.View(*Uuid::ParseLenient(event["id"].get<std::string>())).description == text);
}

TEST_CASE(
    "what a snapshot of an old hub had shown before it was cut off does not complete the next") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Timer({f.now_us + 10'000'000}, f.Draw()));
  f.Answer(f.Effect("fetch").value()["request"], Json::array({Edge(7)}));
  (void)f.Effects();
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t first = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.Snapshot(first, "{\"sequence\":5,\"store\":\"s1\"}\n", f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(first, 0, f.Now(), f.Draw()));
  f.connection.Online(f.Now());
  REQUIRE(f.connection.Opened(f.Now()));
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t second = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.SnapshotEnded(second, 200, f.Now(), f.Draw()));  // an empty body
  CHECK(f.connection.state() == ConnectionState::kWaiting);
  CHECK(f.store.view().table().size() == 1);
}

TEST_CASE(
    "a snapshot whose changes are gone at once is taken again later, and then at longer "
    "intervals") {
  ReplicaFixture f;
  f.GoLive();
  const Entropy longest = [] {
    Entropy all{};
    all.bytes.fill(0xff);
    return all;
  }();
  int64_t before = 0;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(f.connection.Message(kGone, f.Now(), longest));
    const uint64_t request = f.Effect("snapshot").value()["request"];
    REQUIRE(
        f.connection.Snapshot(request, "{\"sequence\":5,\"store\":\"s2\"}\n", f.Now(), longest));
    REQUIRE(f.connection.SnapshotEnded(request, 200, f.Now(), longest));
    (void)f.Effects();
    CHECK_FALSE(f.connection.Message(kGone, f.Now(), longest));
    CHECK(f.connection.state() == ConnectionState::kWaiting);
    const int64_t delay = f.Effect("timer").value()["delayMs"];
    CHECK(delay > before);
    before = delay;
    f.now_us += delay * 1000;
    REQUIRE(f.connection.Timer(f.Now(), longest));
    REQUIRE(f.connection.Opened(f.Now()));
    (void)f.Effects();
  }
  REQUIRE(f.connection.Message(kGone, f.Now(), longest));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.Snapshot(request, "{\"sequence\":5,\"store\":\"s1\"}\n", f.Now(), longest));
  REQUIRE(f.connection.SnapshotEnded(request, 200, f.Now(), longest));
  REQUIRE(f.connection.Message(Changes(Json::array(), 5, 5), f.Now(), longest));
  CHECK(f.connection.state() == ConnectionState::kLive);
  (void)f.Effects();
  REQUIRE(f.connection.Message(kGone, f.Now(), longest));  // later: another one, at once
  CHECK(f.Effect("snapshot"));
}

TEST_CASE("changes of a store that was not followed lead to a snapshot where events are already") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Timer({f.now_us + 10'000'000}, f.Draw()));
  f.Answer(f.Effect("fetch").value()["request"], Json::array({Edge(7)}));
  (void)f.Effects();
  REQUIRE(f.connection.Message(Changes(Json::array(), 3, 3), f.Now(), f.Draw()));
  CHECK(f.Effect("snapshot"));
}

TEST_CASE("an event that a snapshot does not have does not come back with a refused removal") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Timer({f.now_us + 10'000'000}, f.Draw()));
  f.Answer(f.Effect("fetch").value()["request"], Json::array({Edge(7), Edge(8)}));
  const Uuid gone = *Uuid::ParseLenient("e0000000000000000000000000000007");
  const Uuid there = *Uuid::ParseLenient("e0000000000000000000000000000008");
  REQUIRE(f.outbox.Remove(gone, f.Now()));
  REQUIRE(f.outbox.Remove(there, f.Now()));
  (void)f.Effects();
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  const std::string lines =
      R"({"sequence":5,"store":"s1"})" + std::string("\n") + FeedEvent(8).dump() + "\n";
  REQUIRE(f.connection.Snapshot(request, lines, f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, 200, f.Now(), f.Draw()));
  (void)f.Effects();
  for (int refused = 0; refused < 2; ++refused) {
    REQUIRE(f.outbox.Pump(true, f.Now(), f.Draw()));
    const uint64_t write = f.Effect("write").value()["request"];
    REQUIRE(f.outbox.Answered(write, 403, R"({"detail":"no"})", f.Now(), f.Draw()));
  }
  CHECK(f.store.view().table().FindById(gone) == kNoRow);
  CHECK(f.store.view().table().FindById(there) != kNoRow);
}

TEST_CASE("changes that no hub tells lead to a snapshot") {
  ReplicaFixture f;
  f.Open();
  REQUIRE(f.connection.Message(Changes(Json::array(), 3, 3), f.Now(), f.Draw()));
  const Json broken = {{"sequence", 4}, {"kind", "updated"}, {"event", Json::object()}};
  CHECK_FALSE(f.connection.Message(Changes(Json::array({broken}), 4, 4), f.Now(), f.Draw()));
  f.connection.Online(f.Now());
  (void)f.Effects();
  REQUIRE(f.connection.Opened(f.Now()));
  CHECK(f.Effect("authenticate").value()["since"] == 3);
  REQUIRE(f.connection.Message(Changes(Json::array({broken}), 4, 4), f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.Snapshot(request, "{\"sequence\":4,\"store\":\"s1\"}\n", f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, 200, f.Now(), f.Draw()));
  REQUIRE(f.connection.Message(Changes(Json::array(), 4, 4), f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kLive);
}

TEST_CASE(
    "a relay asks for payloads, tells what is new as a dispatch, and comes back when refused") {
  ReplicaFixture f(StoreRole::kRelay);
  Connection relay(&f.store, &f.effects, &f.outbox, Payloads::kWithEvents);
  relay.Start(f.Now());
  REQUIRE(relay.Opened(f.Now()));
  const Json auth = f.Effect("authenticate").value();
  CHECK(auth["payloads"] == true);
  CHECK(auth["snapshot"] == false);
  Json event = FeedEvent(1);
  event["payload"] = {{"n", 1}};
  const Json change = {{"sequence", 1}, {"kind", "inserted"}, {"event", event}};
  REQUIRE(relay.Message(WholeChanges(Json::array({change}), 1, 1), f.Now(), f.Draw()));
  CHECK(relay.state() == ConnectionState::kLive);
  CHECK(f.store.ledger().TakeChanges().at(0).is_dispatch);
  CHECK(f.View(*Uuid::Parse(Edge(1)["node"]["id"].get<std::string>())).payload == R"({"n":1})");
  REQUIRE(relay.Message(kGone, f.Now(), f.Draw()));
  const Json snapshot = f.Effect("snapshot").value();
  CHECK(snapshot["path"] == "/api/snapshot?form=columns&end=true&payloads=true");
  REQUIRE(relay.SnapshotEnded(snapshot["request"], 401, f.Now(), f.Draw()));
  CHECK(relay.state() == ConnectionState::kUnauthorized);
  f.now_us += kRefusedAgainMs * 1000;
  REQUIRE(relay.Timer(f.Now(), f.Draw()));
  CHECK(relay.state() == ConnectionState::kConnecting);
}

TEST_CASE(
    "a relay does not follow a hub whose feed has no payloads, and follows it after an update") {
  ReplicaFixture f(StoreRole::kRelay);
  Connection relay(&f.store, &f.effects, &f.outbox, Payloads::kWithEvents);
  relay.Start(f.Now());
  const Json change = {{"sequence", 1}, {"kind", "inserted"}, {"event", FeedEvent(1)}};
  for (const auto& changes : {Json::array(), Json::array({change})}) {
    REQUIRE(relay.Opened(f.Now()));
    const auto taken = relay.Message(Changes(changes, changes.size(), 1), f.Now(), f.Draw());
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == ErrorCode::kState);
    CHECK(taken.error().message.contains("update the hub"));
    CHECK(relay.state() == ConnectionState::kWaiting);
    CHECK(f.store.view().table().size() == 0);
    CHECK_FALSE(f.Effect("acknowledge"));
    relay.Online(f.Now());
    (void)f.Effects();
  }
  REQUIRE(relay.Opened(f.Now()));
  CHECK(f.Effect("authenticate").value()["since"] == 0);
  REQUIRE(relay.Message(WholeChanges(Json::array({change}), 1, 1), f.Now(), f.Draw()));
  CHECK(relay.state() == ConnectionState::kLive);
  CHECK(f.store.view().table().size() == 1);
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
