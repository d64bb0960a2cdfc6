#include <catch2/catch_amalgamated.hpp>

#include "event/feed_version.h"
#include "replica_fixture.h"

namespace cuesheet::testing {
namespace {

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
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
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
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
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
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
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

TEST_CASE("a login that fails after a snapshot is not answered, so the connection is made anew") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.Snapshot(request, "{\"sequence\":5,\"store\":\"s1\"}\n", f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
  f.Wait(kFeedAnswerMs);
  CHECK_FALSE(f.Effect("fetch"));
  CHECK(f.connection.state() == ConnectionState::kCatchingUp);  // it is not known what it missed
  f.Wait(kFetchTimeoutMs - kFeedAnswerMs);
  CHECK(f.connection.state() == ConnectionState::kWaiting);
  f.connection.Online(f.Now());
  (void)f.Effects();
  REQUIRE(f.connection.Opened(f.Now()));
  CHECK(f.Effect("authenticate").value()["since"] == 5);  // without another snapshot
}

TEST_CASE("a batch from before a snapshot does not answer the login after it") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.Snapshot(request, "{\"sequence\":5,\"store\":\"s1\"}\n", f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
  REQUIRE(f.connection.Message(Changes(Json::array(), 4, 4), f.Now(), f.Draw()));
  f.Wait(kFetchTimeoutMs);
  CHECK(f.connection.state() == ConnectionState::kWaiting);
}

TEST_CASE("a replica of a hub is not live before the feed has reached its head") {
  const bool after_snapshot = GENERATE(true, false);
  ReplicaFixture f;
  f.GoLive();
  if (after_snapshot) {
    REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
    const uint64_t request = f.Effect("snapshot").value()["request"];
    REQUIRE(
        f.connection.Snapshot(request, "{\"sequence\":5,\"store\":\"s1\"}\n", f.Now(), f.Draw()));
    REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
  } else {
    f.connection.Closed(f.Now(), f.Draw());
    f.connection.Online(f.Now());
    REQUIRE(f.connection.Opened(f.Now()));
    REQUIRE(f.connection.Message(Changes(Json::array(), 5, 9), f.Now(), f.Draw()));
  }
  // The answer to a write that was under way, and any message.
  Outbox::Questions questions;
  questions.rereads.push_back({{1}});
  f.connection.Look(questions, f.Now());
  (void)f.Effects();
  const std::string message =
      R"({"topic":"demo.a","id":"e0000000000000000000000000000009","store":true,"createdAt":)"
      R"("2026-03-19T10:05:00+00:00","updatedAt":"2026-03-19T10:05:00+00:00"})";
  REQUIRE(ParseSocketEvent(Json::parse(message)));
  REQUIRE(f.connection.Message(message, f.Now(), f.Draw()));
  f.Wait(kConfirmDelayMs);
  const auto asked = f.Effect("fetch");
  if (asked) f.Answer((*asked)["request"], Json::array());
  CHECK(f.connection.state() == ConnectionState::kCatchingUp);
  REQUIRE(f.connection.Message(Changes(Json::array(), 9, 9), f.Now(), f.Draw()));
  const auto reread = f.Effect("fetch");
  REQUIRE(reread);  // now
  f.Answer((*reread)["request"], Json::array());
  CHECK(f.connection.state() == ConnectionState::kLive);
}

TEST_CASE("changes that come while a snapshot is taken leave no gap after it") {
  const uint64_t passed = GENERATE(uint64_t{5}, uint64_t{6});
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Timer({f.now_us + 10'000'000}, f.Draw()));
  f.Answer(f.Effect("fetch").value()["request"], Json::array({Edge(7)}));
  (void)f.Effects();
  REQUIRE(f.connection.Message(Changes(Json::array(), 4, 4), f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  const Json removed = {{"sequence", passed}, {"kind", "removed"}, {"id", FeedEvent(9)["id"]}};
  const auto batch = Changes(Json::array({removed}), passed, passed);
  REQUIRE(f.connection.Message(batch, f.Now(), f.Draw()));
  const std::string lines =
      R"({"sequence":5,"store":"s1"})" + std::string("\n") + FeedEvent(9).dump() + "\n";
  REQUIRE(f.connection.Snapshot(request, lines, f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
  // The old login would go on after 6, and nothing would bring 6 itself.
  const bool has_gap = passed == 6;
  CHECK((f.connection.state() == ConnectionState::kWaiting) == has_gap);
  if (!has_gap) return;
  f.connection.Online(f.Now());
  (void)f.Effects();
  REQUIRE(f.connection.Opened(f.Now()));
  CHECK(f.Effect("authenticate").value()["since"] == 5);
  REQUIRE(f.connection.Message(batch, f.Now(), f.Draw()));
  CHECK(f.store.view().table().FindById(*Uuid::ParseLenient("e0000000000000000000000000000009")) ==
        kNoRow);
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
  REQUIRE(f.outbox.Answered(write["request"], AnswerOf(200, answer), f.Now(), f.Draw()));
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
  REQUIRE(f.connection.Fetched(first["request"], AnswerOf(503, kRefusal), f.Now(), f.Draw()));
  CHECK(table.FindById(local.id) != kNoRow);
  wait();
  wait();
  SECTION("it was removed") {
    const Json second = f.Effect("fetch").value();
    REQUIRE(f.connection.Fetched(second["request"], AnswerOf(404, kNotFound), f.Now(), f.Draw()));
    CHECK(table.FindById(local.id) == kNoRow);
  }
  SECTION("the feed brings it at last") {
    const Json second = f.Effect("fetch").value();
    Json event = FeedEvent(9);
    event["id"] = event["hash"] = local.id.Hex();
    const std::string shown = event.dump();
    REQUIRE(f.connection.Fetched(second["request"], AnswerOf(200, shown), f.Now(), f.Draw()));
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
  REQUIRE(f.connection.SnapshotEnded(request, {}, f.Now(), f.Draw()));
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
  REQUIRE(f.connection.SnapshotEnded(first, {}, f.Now(), f.Draw()));
  f.connection.Online(f.Now());
  REQUIRE(f.connection.Opened(f.Now()));
  REQUIRE(f.connection.Message(kGone, f.Now(), f.Draw()));
  const uint64_t second = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.SnapshotEnded(second, kSnapshotWhole, f.Now(), f.Draw()));  // an empty body
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
    REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), longest));
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
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), longest));
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
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
  (void)f.Effects();
  for (int refused = 0; refused < 2; ++refused) {
    REQUIRE(f.outbox.Pump(true, f.Now(), f.Draw()));
    const uint64_t write = f.Effect("write").value()["request"];
    REQUIRE(f.outbox.Answered(write, AnswerOf(403, kRefusal), f.Now(), f.Draw()));
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
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
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
  REQUIRE(relay.SnapshotEnded(snapshot["request"], AnswerOf(401, kRefusal), f.Now(), f.Draw()));
  CHECK(relay.state() == ConnectionState::kUnauthorized);
  f.now_us += kRefusedBaseMs * 1000;
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

}  // namespace
}  // namespace cuesheet::testing
