#include <catch2/catch_amalgamated.hpp>

#include "replica_fixture.h"

namespace cuesheet::testing {
namespace {

Json Page(int from, int to) {  // newest first
  Json edges = Json::array();
  for (int order = to; order >= from; --order) edges.push_back(Edge(order));
  return edges;
}

const int kPage = static_cast<int>(kReadPageSize);

Uuid IdOf(const Json& edge) { return *Uuid::Parse(edge["node"]["id"].get<std::string>()); }

Json Message(Json edge, std::string_view status, std::string_view updated_at) {
  Json message = edge["node"];
  message["summary"] = Json::object();
  message["status"] = status;
  message["updatedAt"] = updated_at;
  return message;
}

void AnswerAll(ReplicaFixture& f) {
  for (auto asked = f.Next(); asked.request != 0; asked = f.Next()) {
    f.Answer(asked.request, Json::array());
  }
}

// Live, after reading what was missed. (The fixture's clock advances by itself.)
void Connect(ReplicaFixture& f, const Json& newest) {
  f.Open();
  f.Answer(f.Next().request, newest);
  f.Wait(kSettleDelayMs);
  AnswerAll(f);
}

void Reconnect(ReplicaFixture& f) {
  f.connection.Closed(f.Now(), f.Draw());
  (void)f.Effects();
  f.Open();
}

TEST_CASE("the newest page comes first, the history behind it while the replica is live") {
  ReplicaFixture f;
  f.Open();
  const auto newest = f.Next();
  CHECK(newest.body == Json({{"last", kPage}}));
  f.Answer(newest.request, Page(kPage + 301, 2 * kPage + 300));
  CHECK(f.connection.state() == ConnectionState::kLive);
  CHECK(f.connection.planner().history().value() > 0);
  f.Wait(kSettleDelayMs);
  const auto walk = f.Next();
  CHECK(walk.body["after"] == CursorOf(kPage + 300));  // numbers that show late
  f.Answer(walk.request, Json::array());
  const auto history = f.Next();
  CHECK(history.body == Json({{"last", kPage}, {"before", CursorOf(kPage + 301)}}));
  f.Answer(history.request, Page(301, kPage + 300));
  const auto last = f.Next();
  CHECK(last.body["before"] == CursorOf(301));
  f.Answer(last.request, Page(1, 300));
  CHECK_FALSE(f.connection.planner().history());
  CHECK(f.store.view().table().size() == static_cast<size_t>(2 * kPage + 300));
}

TEST_CASE(
    "a page of the history that cannot be read is asked for again, and the replica stays live") {
  ReplicaFixture f;
  f.Open();
  f.Answer(f.Next().request, Page(1'001, 1'000 + kPage));
  f.Wait(kSettleDelayMs);
  f.Answer(f.Next().request, Json::array());
  const auto history = f.Next();
  REQUIRE(history.body["before"] == CursorOf(1'001));
  REQUIRE(f.connection.Fetched(history.request, AnswerOf(200, R"({"data":null,"errors":[]})"),
                               f.Now(), f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kLive);
  bool is_asked = false;
  const auto answer = [&f, &is_asked] {
    for (auto asked = f.Next(); asked.request != 0; asked = f.Next()) {
      is_asked = is_asked || asked.body.contains("before");
      f.Answer(asked.request, Json::array());
    }
  };
  answer();
  f.Wait(kHistoryAgainMs);
  answer();
  CHECK(is_asked);
}

TEST_CASE("a session goes on with the history where the one before was") {
  ReplicaFixture f;
  f.Open();
  f.Answer(f.Next().request, Page(9'001, 9'000 + kPage));
  REQUIRE(f.store.files().BeginCommit());
  REQUIRE(f.store.files().Committed(true));
  EventStore again(&f.env);
  REQUIRE(again.files().Open());
  EffectQueue effects;
  Outbox outbox(&again, &effects);
  Planner planner(&again.view(), &outbox, Payloads::kOnDemand);
  REQUIRE(planner.Begin(f.Now()));
  const auto walk = planner.NextUrgent(f.Now());
  REQUIRE(walk);
  CHECK(Json::parse(walk->body)["variables"]["after"] == CursorOf(9'000));
  CHECK(planner.history().value() < 0.1);
}

TEST_CASE("with a scope the history ends where nothing older would be kept") {
  ReplicaFixture f;
  f.store.ledger().SetScope(ParseScope(Json::parse(R"({"maxEvents":100})")).value());
  f.Open();
  f.Answer(f.Next().request, Page(1'001, 1'000 + kPage));
  f.Wait(kSettleDelayMs);
  f.Answer(f.Next().request, Json::array());  // the walk
  f.Answer(f.Next().request, Page(501, 1'000));
  CHECK_FALSE(f.connection.planner().history());
}

TEST_CASE("an event whose number shows late is found below the newest") {
  ReplicaFixture f;
  Connect(f, Page(600, 620));
  REQUIRE(f.connection.Message(Message(Edge(700), "finished", "2026-03-19T10:05:00").dump(),
                               f.Now(), f.Draw()));
  f.Wait(kConfirmDelayMs);
  f.Answer(f.Next().request, Json::array({Edge(700)}));  // the walk
  f.Answer(f.Next().request, Json::array({Edge(700)}));  // once more, because it is final
  AnswerAll(f);
  f.Wait(kOverlapEveryMs);
  const auto overlap = f.Next();
  REQUIRE(overlap.body.contains("after"));
  CHECK(overlap.body["after"] == CursorOf(200));
  f.Answer(overlap.request, Json::array({Edge(650)}));
  CHECK(f.View(IdOf(Edge(650))).creation_order == 650);
}

TEST_CASE("a row that was read just after a message may be of before, and is read once more") {
  ReplicaFixture f;
  Connect(f, Json::array({Edge(7, "demo.job", "in_progress")}));
  const Uuid id = IdOf(Edge(7));
  REQUIRE(f.connection.Message(
      Message(Edge(7, "demo.job"), "finished", "2026-03-19T10:06:00").dump(), f.Now(), f.Draw()));
  f.Wait(kConfirmDelayMs);
  f.Answer(f.Next().request, Json::array({Edge(7, "demo.job", "in_progress")}));
  CHECK(f.View(id).status == EventStatus::kFinished);
  AnswerAll(f);
  f.Wait(3 * kMessageGraceMs);
  for (auto asked = f.Next(); asked.request != 0; asked = f.Next()) {
    const bool is_it = asked.body.contains("ids");
    f.Answer(asked.request, is_it ? Json::array({Edge(7, "demo.job", "aborted")}) : Json::array());
  }
  CHECK(f.View(id).status == EventStatus::kAborted);  // the row counts, though its time is older
}

TEST_CASE("an admin's replica asks for what was updated since, others for open jobs") {
  ReplicaFixture f;
  Connect(f, Json::array({Edge(7, "demo.job", "finished")}));
  Reconnect(f);
  f.Answer(f.Next().request, Json::array());  // the walk
  const auto changes = f.Next();
  CHECK(changes.path == "/api/query");
  const Json& conditions = changes.body["filter"]["conditions"];
  CHECK(conditions[0]["value"] == "2026-03-19T10:03:00+00:00");  // two minutes of tolerance
  CHECK(conditions[1]["value"] == 7);
  SECTION("admin") {
    Json row = Edge(7)["node"];
    row.erase("createdAt");
    row["created_at"] = "2026-03-19T10:05:00+00:00";
    row.erase("updatedAt");
    row["updated_at"] = "2026-03-19T11:00:00+00:00";
    row["status"] = "restarted";
    const std::string rows = Json::array({row}).dump();
    REQUIRE(f.connection.Fetched(changes.request, AnswerOf(200, rows), f.Now(), f.Draw()));
  }
  SECTION("other") {
    REQUIRE(f.connection.Fetched(changes.request, AnswerOf(403, kRefusal), f.Now(), f.Draw()));
    const auto open = f.Next();
    CHECK(open.body["statuses"].size() == 3);
    f.Answer(open.request, Json::array({Edge(7, "demo.a", "restarted")}));
  }
  CHECK(f.connection.state() == ConnectionState::kLive);
  CHECK(f.View(IdOf(Edge(7))).status == EventStatus::kRestarted);
}

// Answers everything until an event is asked for by its address.
ReplicaFixture::Asked SweepUntilAddress(ReplicaFixture& f) {
  for (int i = 0; i < 200; ++i) {
    f.Wait(kSweepEveryMs);
    for (auto asked = f.Next(); asked.request != 0; asked = f.Next()) {
      if (asked.path.starts_with("/api/events/")) return asked;
      f.Answer(asked.request, Json::array());
    }
  }
  return {};
}

TEST_CASE("an event that is missing, and at its address too, was deleted") {
  ReplicaFixture f;
  f.Open();
  f.Answer(f.Next().request, Json::array({Edge(7)}));
  f.Wait(kSettleDelayMs);
  f.Answer(f.Next().request, Json::array());  // the walk
  const auto address = SweepUntilAddress(f);
  CHECK(address.path == "/api/events/" + IdOf(Edge(7)).Hex());
  CHECK(f.store.view().table().size() == 1);
  SECTION("gone") {
    REQUIRE(f.connection.Fetched(address.request, AnswerOf(404, kNotFound), f.Now(), f.Draw()));
    CHECK(f.store.view().table().size() == 0);
  }
  SECTION("hidden by a licence") {
    const std::string event = Edge(7)["node"].dump();
    REQUIRE(f.connection.Fetched(address.request, AnswerOf(200, event), f.Now(), f.Draw()));
    f.Answer(f.Next().request, Json::array());  // asked by its id once more
    CHECK(SweepUntilAddress(f).request == 0);   // and left alone from now on
    CHECK(f.store.view().table().size() == 1);
  }
  SECTION("not to be seen") {
    REQUIRE(f.connection.Fetched(address.request, AnswerOf(403, kRefusal), f.Now(), f.Draw()));
    CHECK(f.store.view().table().size() == 1);
    CHECK(f.connection.state() == ConnectionState::kLive);
  }
}

TEST_CASE("what only a message has told of is given some minutes before it counts as rolled back") {
  ReplicaFixture f;
  Connect(f, Json::array());
  REQUIRE(f.connection.Message(Message(Edge(7), "pending", "2026-03-19T10:05:00").dump(), f.Now(),
                               f.Draw()));
  const Timestamp start = f.Now();
  const auto address = SweepUntilAddress(f);
  CHECK(address.path == "/api/events/" + IdOf(Edge(7)).Hex());
  CHECK(f.Now().us - start.us >= kMissingAgainMs * 1000);
  REQUIRE(f.connection.Fetched(address.request, AnswerOf(404, kNotFound), f.Now(), f.Draw()));
  CHECK(f.store.view().table().size() == 0);
}

TEST_CASE("an event that took the place of another one has its hash and its number") {
  ReplicaFixture f;
  Json old = Edge(7, "addon.install");
  old["node"]["hash"] = "install";
  Connect(f, Json::array({old}));
  Reconnect(f);
  f.Answer(f.Next().request, Json::array());
  Json fresh = Edge(8, "addon.install");
  fresh["cursor"] = CursorOf(7);
  fresh["node"]["hash"] = "install";
  for (auto asked = f.Next(); asked.request != 0; asked = f.Next()) {
    f.Answer(asked.request, asked.body.contains("topics") ? Json::array({fresh}) : Json::array());
    if (f.connection.state() == ConnectionState::kLive) f.Wait(kSettleDelayMs);
  }
  CHECK(f.store.view().table().size() == 1);
  CHECK(f.View(IdOf(Edge(8))).creation_order == 7);
}

TEST_CASE("a relay reads payloads with the events, and again after every message") {
  ReplicaFixture f(StoreRole::kRelay);
  Connection relay(&f.store, &f.effects, &f.outbox, Payloads::kWithEvents);
  relay.Start(f.Now());
  REQUIRE(relay.Opened(f.Now()));
  CHECK_FALSE(f.Effect("fetch"));  // a hub would tell all by its feed
  f.now_us += kFeedAnswerMs * 1000;
  REQUIRE(relay.Timer(f.Now(), f.Draw()));
  const Json asked = f.Effect("fetch").value();
  CHECK(asked["body"].get<std::string>().contains(" payload}}}}"));
  Json edges = Page(1, 3);
  edges[0]["node"]["payload"] = R"({"b":1})";
  edges[1]["node"]["payload"] = nullptr;
  const auto answer = [&](uint64_t request, const Json& page) {
    const bool may_not = f.path != "/graphql";
    const Json body = {{"data", {{"events", {{"edges", page}}}}}};
    const std::string text = may_not ? std::string(kRefusal) : body.dump();
    REQUIRE(relay.Fetched(request, AnswerOf(may_not ? 403 : 200, text), f.Now(), f.Draw()));
  };
  (void)f.store.ledger().TakeChanges();
  answer(asked["request"], edges);
  std::string told;  // the newest one is news, the others are history
  for (const Change& change : f.store.ledger().TakeChanges())
    told += change.is_dispatch ? 'd' : 'h';
  CHECK(told == "dhh");
  CHECK(f.View(IdOf(edges[0])).payload == R"({"b":1})");
  CHECK(f.View(IdOf(edges[1])).payload == "{}");
  CHECK_FALSE(f.View(IdOf(edges[2])).payload);
  (void)f.Effects();
  f.now_us += kSettleDelayMs * 1000;
  REQUIRE(relay.Timer(f.Now(), f.Draw()));
  for (auto next = f.Next(); next.request != 0; next = f.Next()) {
    answer(next.request, Json::array());
  }
  REQUIRE(relay.Message(Message(edges[0], "in_progress", "2026-03-19T10:06:00").dump(), f.Now(),
                        f.Draw()));
  f.now_us += kConfirmDelayMs * 1000;
  REQUIRE(relay.Timer(f.Now(), f.Draw()));
  const auto again = f.Next();
  CHECK(again.body["ids"] == Json::array({edges[0]["node"]["id"]}));
  answer(again.request, Json::array({edges[0]}));
  // Of a new event it says nothing before it has been read.
  const Json fresh = Edge(4);
  (void)f.store.ledger().TakeChanges();
  REQUIRE(
      relay.Message(Message(fresh, "pending", "2026-03-19T10:07:00").dump(), f.Now(), f.Draw()));
  CHECK(f.store.ledger().TakeChanges().empty());
  f.now_us += kConfirmDelayMs * 1000;
  REQUIRE(relay.Timer(f.Now(), f.Draw()));
  answer(f.Next().request, Json::array({fresh}));
  CHECK(f.store.ledger().TakeChanges().front().is_dispatch);
}

}  // namespace
}  // namespace cuesheet::testing
