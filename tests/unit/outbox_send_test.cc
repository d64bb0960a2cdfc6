// When writes are sent, and which one a failure is laid on.
#include <catch2/catch_amalgamated.hpp>

#include "outbox_fixture.h"

namespace cuesheet::testing {
namespace {

const Json kNoRoom = {{"code", 507}, {"detail", "memory is full"}};

TEST_CASE("a write for which the upstream has no room is held, however often it says so") {
  OutboxFixture f;
  const auto [number, id] = f.Dispatch();
  for (uint32_t attempt = 0; attempt < 2 * kMaxServerErrors; ++attempt) {
    const Json sent = f.Pump();
    REQUIRE(sent["path"] == "/api/events");
    f.Answer(sent, 507, kNoRoom);
    REQUIRE(f.Pump().is_null());  // not at once
    REQUIRE(f.outbox.counts().held == 1);
    f.now_us += kHeldCapMs * 1000;
  }
  const Json shown = f.List().at(0);
  CHECK(shown["state"] == "queued");
  CHECK(shown["status"] == 507);
  CHECK(shown["detail"] == "memory is full");
  CHECK(f.View(id).topic == "demo.a");

  f.Answer(f.Pump(), 200, {{"id", id.Hex()}});
  CHECK(f.List().empty());
  CHECK(f.outbox.counts().held == 0);
  CHECK(f.outbox.TakeQuestions().rereads == std::vector{id});
}

TEST_CASE("a held write wakes its host, and waits at least its shortest pause") {
  OutboxFixture f;
  f.Dispatch();
  f.Answer(f.Pump(), 507, kNoRoom);
  CUE_ASSERT(f.outbox.Pump(true, f.Now(), f.Draw()).has_value());
  const auto wakes = f.Effects("wake");
  REQUIRE_FALSE(wakes.empty());
  const int64_t delay = wakes.back()["delayMs"];
  CHECK(delay > 0);
  CHECK(delay <= kHeldBaseMs);
  f.now_us += delay * 1000;
  CHECK_FALSE(f.Pump().is_null());
}

TEST_CASE("updates and removals of other events pass a held dispatch, other dispatches do not") {
  OutboxFixture f;
  const Uuid there = f.Dispatch().id;
  f.Answer(f.Pump(), 200, {{"id", there.Hex()}});
  f.Row(f.Upstream(there, 7));
  const Uuid held = f.Dispatch().id;
  f.Update(held, R"({"description":"later"})");
  const Uuid behind = f.Dispatch().id;
  f.Update(there, R"({"status":"failed"})");
  CHECK(f.outbox.Remove(there, f.Now()).has_value());
  f.Answer(f.Pump(), 507, kNoRoom);
  const Json update = f.Pump();
  CHECK(update["method"] == "PATCH");
  CHECK(update["path"] == "/api/events/" + there.Hex());
  f.Answer(update, 204);
  const Json removal = f.Pump();
  CHECK(removal["method"] == "DELETE");
  f.Answer(removal, 204);
  CHECK(f.outbox.counts().held == 1);
  CHECK(f.outbox.counts().queued == 3);
  f.now_us += kHeldCapMs * 1000;
  for (const Uuid& id : {held, held, behind}) {  // in their order again
    const Json sent = f.Pump();
    REQUIRE_FALSE(sent.is_null());
    const std::string text = sent["path"].get<std::string>() + sent.value("body", "");
    CHECK(text.contains(id.Hex()));
    f.Answer(sent, sent["method"] == "POST" ? 200 : 204, {{"id", id.Hex()}});
  }
  CHECK(f.outbox.counts().queued == 0);
}

TEST_CASE("a held write can be sent now, or taken back") {
  OutboxFixture f;
  const auto first = f.Dispatch();
  f.Answer(f.Pump(), 507, kNoRoom);
  CHECK(f.Pump().is_null());
  CHECK(f.outbox.Retry(first.number, f.Now()).has_value());
  const Json again = f.Pump();
  REQUIRE_FALSE(again.is_null());
  CHECK(f.outbox.Discard(first.number).error().code == ErrorCode::kState);  // it is being asked
  f.Answer(again, 507, kNoRoom);
  CHECK(f.outbox.Discard(first.number).has_value());
  CHECK(f.List().empty());
  CHECK(f.store.view().table().size() == 0);
  const Uuid next = f.Dispatch().id;
  f.now_us += kHeldCapMs * 1000;
  f.Answer(f.Pump(), 200, {{"id", next.Hex()}});
  CHECK(f.List().empty());
}

TEST_CASE("a batch of which a hub has room for one is held from the second on") {
  OutboxFixture f;
  f.outbox.Follow(true);
  std::vector<Uuid> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(f.Dispatch().id);
  const Json sent = f.Pump();
  CHECK(sent["path"] == "/api/events/batch");
  f.Answer(sent, 200, Json::array({{{"id", ids[0].Hex()}}, kNoRoom, kNoRoom}));
  CHECK(f.outbox.counts().held == 2);
  CHECK(f.outbox.counts().queued == 2);
  f.Dispatch();
  CHECK(f.Pump().is_null());
  f.now_us += kHeldCapMs * 1000;
  CHECK(Json::parse(f.Pump()["body"].get<std::string>()).size() == 3);
}

TEST_CASE("errors of the server are tried again, but not for ever; 401 holds everything") {
  OutboxFixture f;
  f.Dispatch();
  for (uint32_t i = 0; i < 2 * kMaxServerErrors; ++i) {  // it may be busy for as long as it likes
    f.Answer(f.Pump(), GENERATE(429, 503));
    f.now_us += 60'000'000;
  }
  for (uint32_t i = 0; i + 1 < kMaxServerErrors; ++i) {
    f.Answer(f.Pump(), 500);
    f.now_us += 60'000'000;
  }
  f.Answer(f.Pump(), 401);
  CHECK(f.outbox.TakeUnauthorized());
  CHECK(f.outbox.counts().queued == 1);
  f.Answer(f.Pump(), 500, {{"detail", "boom"}});
  CHECK(f.outbox.counts().refused == 1);
}

TEST_CASE("a hub takes dispatches that follow each other in one request, and answers each") {
  OutboxFixture f;
  f.outbox.Follow(true);
  const auto first = f.Dispatch(R"({"topic":"demo.a"})");
  const auto second = f.Dispatch(R"({"topic":"demo.b"})");
  const auto third = f.Dispatch(R"({"topic":"demo.c"})");
  f.Update(first.id, R"({"description":"later"})");
  const Json sent = f.Pump();
  CHECK(sent["path"] == "/api/events/batch");
  const Json body = Json::parse(sent["body"].get<std::string>());
  REQUIRE(body.size() == 3);
  CHECK(body[2]["id"] == third.id.Hex());
  SECTION("each as it is answered") {
    f.Answer(sent, 200,
             {{{"id", first.id.Hex()}},
              {{"code", 403}, {"detail", "not you"}},
              {{"code", 409}, {"detail", "Event with the same hash already exists"}}});
    const Json list = f.List();
    REQUIRE(list.size() == 3);  // the first one is done
    CHECK(list[0]["state"] == "refused");
    CHECK(list[0]["detail"] == "not you");
    CHECK(list[1]["id"] == third.id.Hex());  // its row is on its way
    CHECK(list[1]["state"] == "queued");
    CHECK(f.store.view().table().FindById(second.id) == kNoRow);
  }
  SECTION("as a whole, by a hub that takes no batch") {
    f.Answer(sent, 405);
    CHECK(f.Pump()["path"] == "/api/events");
  }
  SECTION("as a whole, to who may not write") {
    f.Answer(sent, 403, {{"code", 403}, {"detail", "guest"}});
    for (Json next = f.Pump(); !next.is_null(); next = f.Pump()) {
      f.Answer(next, 403, {{"code", 403}, {"detail", "guest"}});
    }
    CHECK(f.List().size() == 4);
    for (const Json& write : f.List()) CHECK(write["state"] == "refused");
  }
  SECTION("by nobody") {
    f.Answer(sent, GENERATE(0, 503));
    CHECK(f.List().size() == 4);
    f.now_us += kResendCapMs * 1000;
    CHECK(f.Pump()["path"] == "/api/events/batch");
  }
  SECTION("by something in front of it: one by one") {
    f.Intercept(sent, GENERATE(200, 302, 403, 502));
    CHECK(f.List().size() == 4);
    CHECK(f.Pump()["path"] == "/api/events");
  }
}

TEST_CASE("what something in front of the server answers changes nothing") {
  OutboxFixture f;
  const auto made = f.Dispatch();
  f.Answer(f.Pump(), 201, {{"id", made.id.Hex()}});
  f.Row(f.Upstream(made.id, 7));
  const int status = GENERATE(200, 204, 302, 401, 403, 404, 409, 413, 500, 502);
  SECTION("to a dispatch") { f.Dispatch(R"({"topic":"demo.b"})"); }
  SECTION("to an update") { f.Update(made.id, R"({"description":"edited"})"); }
  SECTION("to a removal") { REQUIRE(f.outbox.Remove(made.id, f.Now())); }
  const size_t events = f.store.view().table().size();
  for (int i = 0; i < 50; ++i) {
    f.Intercept(f.Pump(), status);
    CHECK(f.outbox.intercepted() == "HTTP " + std::to_string(status) + ", text/html");
    f.now_us += 2 * kResendCapMs * 1000;
  }
  CHECK_FALSE(f.outbox.TakeUnauthorized());
  CHECK(f.outbox.counts().queued == 1);
  CHECK(f.outbox.counts().refused == 0);
  CHECK(f.store.view().table().size() == events);
}

TEST_CASE("a write that a firewall keeps is blocked, and holds up no other one") {
  OutboxFixture f;
  f.outbox.Follow(true);
  std::vector<Outbox::Queued> made;
  for (const char* topic : {"demo.a", "demo.forbidden", "demo.c", "demo.d"}) {
    made.push_back(f.Dispatch((R"({"topic":")" + std::string(topic) + "\"}").c_str()));
  }
  f.Update(made[1].id, R"({"description":"of the blocked one"})");
  const auto child =
      f.Dispatch((R"({"topic":"demo.child","dependsOn":")" + made[1].id.Hex() + "\"}").c_str());
  const int status = GENERATE(403, 500, 502);
  const Timestamp start = f.Now();
  std::vector<std::string> passed;
  while (f.outbox.counts().blocked == 0 || f.List().size() > 3) {
    REQUIRE(f.Now().us < start.us + 60'000'000);
    const Json sent = f.Pump();
    if (sent.is_null()) continue;
    Json body = Json::parse(sent["body"].get<std::string>());
    if (body.dump().contains("forbidden")) {
      f.Intercept(sent, status);
      continue;
    }
    if (body.is_object()) body = Json::array({body});
    Json answers = Json::array();
    for (const Json& one : body) {
      passed.push_back(one["topic"]);
      answers.push_back({{"id", one["id"]}});
    }
    f.Answer(sent, 200, sent["path"] == "/api/events" ? answers[0] : answers);
  }
  CHECK(passed == std::vector<std::string>{"demo.a", "demo.c", "demo.d"});
  const Json list = f.List();
  REQUIRE(list.size() == 3);  // it, and what depends on it
  CHECK(list[0]["state"] == "blocked");
  CHECK(list[0]["detail"].get<std::string>().ends_with("HTTP " + std::to_string(status) +
                                                       ", text/html"));
  CHECK(f.outbox.intercepted().empty());
  CHECK(f.outbox.counts().queued == 2);
  CHECK(f.Pump().is_null());
  SECTION("tried again slowly, and then it passes, with what waited for it") {
    f.now_us += 2 * kBlockedBaseMs * 1000;
    f.Answer(f.Pump(), 200, {{"id", made[1].id.Hex()}});
    CHECK(f.outbox.counts().blocked == 0);
    CHECK(f.Pump()["method"] == "PATCH");
  }
  SECTION("tried again at once by the user") {
    REQUIRE(f.outbox.Retry(made[1].number, f.Now()));
    CHECK(Json::parse(f.Pump()["body"].get<std::string>())["topic"] == "demo.forbidden");
  }
  SECTION("taken back by the user") {
    REQUIRE(f.outbox.Discard(made[1].number));
    CHECK(f.store.view().table().FindById(made[1].id) == kNoRow);
    REQUIRE(f.List().size() == 1);
    CHECK(Json::parse(f.Pump()["body"].get<std::string>())["id"] == child.id.Hex());
  }
}

TEST_CASE("a row that comes before the answer shows that its write has passed") {
  OutboxFixture f;
  const auto bad = f.Dispatch(R"({"topic":"demo.bad"})");
  const auto good = f.Dispatch(R"({"topic":"demo.good"})");
  f.Intercept(f.Pump(), 403);
  const Json second = f.Pump();
  f.Row(f.Upstream(good.id, 7));
  f.Answer(second, 200, {{"id", good.id.Hex()}});
  CHECK(f.outbox.intercepted().empty());
  f.now_us += kResendCapMs * 1000;
  f.Intercept(f.Pump(), 403);
  CHECK(f.outbox.counts().blocked == 1);
  CHECK(f.List()[0]["number"] == bad.number);
}

TEST_CASE("a write that the server fails with is tried beside the others, and refused alone") {
  OutboxFixture f;
  const auto bad = f.Dispatch(R"({"topic":"demo.bad"})");
  const auto good = f.Dispatch(R"({"topic":"demo.good"})");
  f.Answer(f.Pump(), 500);
  const Json second = f.Pump();
  CHECK(Json::parse(second["body"].get<std::string>())["topic"] == "demo.good");
  f.Answer(second, 200, {{"id", good.id.Hex()}});
  for (uint32_t i = 1; i < kMaxServerErrors; ++i) {
    f.now_us += kResendCapMs * 1000;
    CHECK(f.outbox.counts().queued == 1);
    f.Answer(f.Pump(), 500);
  }
  CHECK(f.outbox.counts().refused == 1);
  CHECK(f.store.view().table().FindById(bad.id) == kNoRow);
  CHECK(f.store.view().table().FindById(good.id) != kNoRow);
}

TEST_CASE("while everything fails, writes wait longer and longer, and none is blamed") {
  OutboxFixture f;
  for (int i = 0; i < 5; ++i) f.Dispatch();
  int requests = 0;
  const Timestamp start = f.Now();
  while (f.Now().us < start.us + 600'000'000) {
    f.now_us += 100'000;
    const Json sent = f.Pump();
    if (sent.is_null()) continue;
    ++requests;
    f.Intercept(sent, 200);
  }
  CHECK(requests < 200);
  CHECK(f.outbox.counts().queued == 5);
  CHECK(f.outbox.counts().blocked == 0);
}

}  // namespace
}  // namespace cuesheet::testing
