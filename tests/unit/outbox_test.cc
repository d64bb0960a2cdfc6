#include "replica/outbox.h"

#include <catch2/catch_amalgamated.hpp>

#include "small_store.h"
#include "upstream_answers.h"

namespace cuesheet::testing {
namespace {

struct OutboxFixture : StoreFixture {
  EffectQueue effects;
  Outbox outbox{&store, &effects};

  OutboxFixture() : StoreFixture(StoreRole::kReplica) {}

  std::vector<Json> Effects(std::string_view kind) {
    std::vector<Json> list;
    const std::string lines = effects.Take();
    for (size_t from = 0; from < lines.size();) {
      const size_t to = lines.find('\n', from);
      Json effect = Json::parse(lines.substr(from, to - from));
      if (effect["effect"] == kind) list.push_back(std::move(effect));
      from = to + 1;
    }
    return list;
  }
  Outbox::Queued Dispatch(const char* body = R"({"topic":"demo.a","summary":{"a":1}})") {
    return outbox.Dispatch(Json::parse(body), {"mona", {}, {}}, Now(), Draw()).value();
  }
  Outbox::Queued Update(const Uuid& id, const char* body) {
    return outbox.Update(id, Json::parse(body), Now()).value();
  }
  // What is sent next; null when nothing is.
  Json Pump(bool may_send = true) {
    CUE_ASSERT(outbox.Pump(may_send, Now(), Draw()).has_value());
    const auto sent = Effects("write");
    return sent.empty() ? Json() : sent.front();
  }
  void Answer(const Json& sent, int status, const Json& body = {{"detail", "no"}}) {
    const std::string text = status == 0 || status == 204 ? "" : body.dump();
    const UpstreamAnswer answer = AnswerOf(status, text);
    CUE_ASSERT(outbox.Answered(sent["request"], answer, Now(), Draw()).has_value());
  }
  // Something in front of the upstream answers in its place.
  void Intercept(const Json& sent, int status) {
    const UpstreamAnswer page{status, "<title>Sign in</title>", "text/html"};
    CUE_ASSERT(outbox.Answered(sent["request"], page, Now(), Draw()).has_value());
  }
  // A row of the upstream, as a walk brings it.
  void Row(const Event& event, FieldSet fields = FieldSet::All().Drop(Field::kPayload)) {
    CUE_ASSERT(outbox.Merge(event, fields, std::nullopt).has_value());
  }
  Event Upstream(const Uuid& id, int64_t order) {
    Event event = Own(View(id));
    event.creation_order = order;
    event.created_at =
        event.updated_at = {1'700'000'000'000'000};  // earlier than the device's clock
    return event;
  }
  Json List() {
    std::string text;
    CUE_ASSERT(outbox.AppendList(text).has_value());
    return Json::parse(text);
  }
};

constexpr Uuid kServerId = {{0x5e, 1}};

TEST_CASE("what cannot wait here is refused, and nothing is queued") {
  OutboxFixture f;
  f.store.ledger().SetScope({.topics = std::vector<std::string>{"render.*"}});
  const auto refusal = [&f](const char* body) {
    return f.outbox.Dispatch(Json::parse(body), {}, f.Now(), f.Draw()).error().code;
  };
  CHECK(refusal(R"({"topic":"demo.a"})") == ErrorCode::kState);  // out of the scope
  CHECK(refusal(R"({"topic":"render.a","store":false})") == ErrorCode::kState);
  CHECK(refusal(R"({"topic":5})") == ErrorCode::kInvalid);
  constexpr Uuid kNobody = {{0x0b, 1}};
  const auto update = f.outbox.Update(kNobody, Json::parse(R"({"status":"failed"})"), f.Now());
  CHECK(update.error().code == ErrorCode::kNotFound);
  CHECK(f.outbox.Remove(kNobody, f.Now()).error().code == ErrorCode::kNotFound);
  CHECK(f.List().empty());
  f.Dispatch(R"({"topic":"render.a"})");
  CHECK(f.List().size() == 1);
}

TEST_CASE("a local dispatch shows at once and is sent, then the upstream's row rules") {
  OutboxFixture f;
  const auto [number, id] = f.Dispatch();
  CHECK(f.View(id).topic == "demo.a");
  CHECK(f.View(id).creation_order >= kFirstProvisionalOrder);
  CHECK(f.Pump(false).is_null());
  const Json sent = f.Pump();
  CHECK(sent["method"] == "POST");
  CHECK(sent["path"] == "/api/events");
  const Json body = Json::parse(sent["body"].get<std::string>());
  CHECK(body["id"] == id.Hex());
  CHECK(body["hash"] == id.Hex());
  CHECK(f.Pump().is_null());  // one at a time
  f.Answer(sent, 201, {{"id", id.Hex()}});
  CHECK(f.List().empty());
  CHECK(f.outbox.TakeQuestions().rereads == std::vector{id});
  f.Row(f.Upstream(id, 7));
  CHECK(f.View(id).creation_order == 7);
  CHECK(f.View(id).updated_at.us == 1'700'000'000'000'000);
  CHECK(f.Pump().is_null());
}

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

TEST_CASE("a server that gives ids of its own renames the event and what waits for it") {
  OutboxFixture f;
  const auto [number, id] = f.Dispatch();
  f.Update(id, R"({"description":"later"})");
  f.Answer(f.Pump(), 201, {{"id", kServerId.Hex()}});
  CHECK(f.store.view().table().FindById(id) == kNoRow);
  CHECK(f.View(kServerId).description == "later");
  CHECK(f.View(kServerId).HashText() == id.Hex());
  const Json sent = f.Pump();
  CHECK(sent["method"] == "PATCH");
  CHECK(sent["path"] == "/api/events/" + kServerId.Hex());
}

TEST_CASE("a message may bring the event under its new id before the answer does") {
  OutboxFixture f;
  const Uuid id = f.Dispatch().id;
  f.Update(id, R"({"description":"later"})");
  const Json sent = f.Pump();
  Event message = f.Upstream(id, 0);
  message.id = kServerId;
  message.hash.reset();
  message.description = "";
  f.Row(message,
        FieldSet::All().Drop(Field::kPayload).Drop(Field::kHash).Drop(Field::kCreationOrder));
  CHECK(f.store.view().table().size() == 2);
  f.Answer(sent, 201, {{"id", kServerId.Hex()}});
  CHECK(f.store.view().table().size() == 1);
  CHECK(f.View(kServerId).description == "later");
}

TEST_CASE("a lost answer is followed by the same write, and 409 of its hash means delivered") {
  OutboxFixture f;
  const Uuid id = f.Dispatch().id;
  f.Update(id, R"({"status":"failed"})");
  const Json sent = f.Pump();
  f.Answer(sent, 0);
  f.now_us += 60'000'000;
  const Json again = f.Pump();
  CHECK(again["body"] == sent["body"]);
  f.Answer(again, 409, {{"detail", "Event with the same hash already exists"}});
  CHECK(f.outbox.TakeQuestions().needs_walk);
  CHECK(f.Pump().is_null());  // the update waits until the id is known
  Event row = f.Upstream(id, 7);
  row.hash = id.Hex();
  row.id = kServerId;
  row.status = EventStatus::kFinished;
  f.Row(row);
  CHECK(f.View(kServerId).status == EventStatus::kFailed);
  CHECK(f.Pump()["path"] == "/api/events/" + kServerId.Hex());
}

TEST_CASE("a dispatch whose id is unknown is sent again once the server turns out to be a hub") {
  OutboxFixture f;
  const Uuid id = f.Dispatch().id;
  f.Update(id, R"({"status":"failed"})");
  f.Answer(f.Pump(), 409, {{"detail", "Event with the same hash already exists"}});
  CHECK(f.Pump().is_null());
  f.outbox.Follow(true);
  const Json again = f.Pump();
  CHECK(again["path"] == "/api/events");
  f.Answer(again, 200, {{"id", id.Hex()}});
  CHECK(f.Pump()["method"] == "PATCH");
}

TEST_CASE("a removal that is refused brings back the event that it turned out to be about") {
  OutboxFixture f;
  const auto mine = f.Dispatch(R"({"topic":"demo.mine","hash":"shared"})");
  Event theirs = f.Upstream(mine.id, 7);
  theirs.id = kServerId;
  theirs.topic = "demo.theirs";
  theirs.sender_type = "worker";
  REQUIRE(f.outbox.Remove(mine.id, f.Now()));
  // Its row comes first, and then what says that both are one event.
  REQUIRE(f.store.ledger().Merge(theirs, FieldSet::All().Drop(Field::kHash), std::nullopt));
  f.Row(theirs, FieldSet::All().Drop(Field::kPayload).Drop(Field::kSenderType));
  CHECK(f.store.view().table().FindById(kServerId) == kNoRow);
  for (Json sent = f.Pump(); !sent.is_null(); sent = f.Pump()) {
    if (sent["method"] == "DELETE") {
      f.Answer(sent, 409, {{"code", 409}, {"detail", "is still referenced"}});
    } else {
      f.Answer(sent, 200, {{"id", kServerId.Hex()}});
    }
  }
  CHECK(f.View(kServerId).topic == "demo.theirs");
  CHECK(f.View(kServerId).sender_type == "worker");
}

TEST_CASE("a row with the hash says that a dispatch whose answer was lost is there") {
  OutboxFixture f;
  const Uuid id = f.Dispatch().id;
  (void)f.Pump();
  Event row = f.Upstream(id, 7);
  row.hash = id.Hex();
  row.id = kServerId;
  f.Row(row);
  CHECK(f.store.view().table().size() == 1);
  CHECK(f.List().empty());
  CHECK(f.outbox.counts().queued == 0);
}

TEST_CASE("what the upstream refuses is taken back, kept, retried or discarded") {
  OutboxFixture f;
  const auto [number, id] = f.Dispatch();
  const auto update = f.Update(id, R"({"description":"x"})").number;
  f.Answer(f.Pump(), 403, {{"detail", "You are not allowed to dispatch events"}});
  CHECK(f.store.view().table().size() == 0);
  const Json list = f.List();
  REQUIRE(list.size() == 2);
  CHECK(list[0]["state"] == "refused");
  CHECK(list[0]["status"] == 403);
  CHECK(list[1]["detail"] == "its event was refused: You are not allowed to dispatch events");
  CHECK(f.Pump().is_null());
  CHECK(f.outbox.Retry(number, f.Now()));
  CHECK(f.View(id).topic == "demo.a");
  CHECK(f.Pump()["method"] == "POST");
  CHECK(f.outbox.Discard(update));
  CHECK(f.outbox.Discard(number).error().code == ErrorCode::kState);
  CHECK(f.outbox.Retry(99, f.Now()).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a write that was never sent can be taken back") {
  OutboxFixture f;
  const Uuid known = f.StoreFixture::Dispatch(R"({"topic":"demo.b","description":"old"})");
  const auto first = f.Update(known, R"({"description":"one"})").number;
  const auto second = f.Update(known, R"({"description":"two"})").number;
  CHECK(f.outbox.Discard(first));
  CHECK(f.View(known).description == "two");
  CHECK(f.outbox.Discard(second));
  CHECK(f.View(known).description == "old");
  const auto removal = f.outbox.Remove(known, f.Now()).value().number;
  CHECK(f.store.view().table().size() == 0);
  CHECK(f.outbox.Discard(removal));
  CHECK(f.View(known).description == "old");
  CHECK(f.List().empty());
}

TEST_CASE("an update is merged with what the upstream changed meanwhile") {
  OutboxFixture f;
  const Uuid id = f.StoreFixture::Dispatch(
      R"({"topic":"demo.b","finished":false,"summary":{"mine":1,"theirs":1,"gone":1}})");
  f.Update(id, R"({"status":"in_progress","summary":{"mine":2,"theirs":1}})");
  Event row = Own(f.View(id));
  row.creation_order = 3;
  row.status = EventStatus::kFinished;
  row.summary = R"({"gone":1,"mine":1,"theirs":2})";
  row.description = "by others";
  row.updated_at.us += 5;
  f.Row(row);
  CHECK(f.View(id).description == "by others");
  CHECK(f.View(id).status == EventStatus::kInProgress);  // until the upstream has answered
  const Json body = Json::parse(f.Pump()["body"].get<std::string>());
  CHECK(body == Json::parse(R"({"summary":{"mine":2,"theirs":2}})"));
}

TEST_CASE("refused updates and removals are undone, deleted events go") {
  OutboxFixture f;
  const Uuid id = f.StoreFixture::Dispatch(R"({"topic":"demo.b","description":"old"})");
  f.Update(id, R"({"description":"new"})");
  f.Answer(f.Pump(), 400, {{"detail", "no"}});
  CHECK(f.View(id).description == "old");
  CHECK(f.outbox.TakeQuestions().rereads == std::vector{id});
  CHECK(f.outbox.Remove(id, f.Now()));
  f.Answer(f.Pump(), 500, {{"code", 409}, {"detail", "is still referenced"}});
  CHECK(f.View(id).description == "old");
  f.Update(id, R"({"description":"new"})");
  f.Answer(f.Pump(), 404, {{"detail", "Event not found"}});
  CHECK(f.store.view().table().size() == 0);
  CHECK(f.List().size() == 3);
}

TEST_CASE("what was removed is not brought back by a late message") {
  OutboxFixture f;
  const Uuid id = f.Dispatch().id;
  const Event late = f.Upstream(id, 7);
  CHECK(f.outbox.Remove(id, f.Now()));
  f.Answer(f.Pump(), 201, {{"id", id.Hex()}});
  f.Answer(f.Pump(), 204);
  f.Row(late);
  CHECK(f.store.view().table().size() == 0);
  CHECK(f.Pump().is_null());
  CHECK(f.outbox.counts().queued == 0);
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

TEST_CASE("writes survive a restart, also without the journal, and are sent in their order") {
  OutboxFixture f;
  const Uuid first = f.Dispatch().id;
  f.Update(first, R"({"description":"x"})");
  f.Dispatch(R"({"topic":"demo.c"})");
  CommitAll(f.store);
  const bool with_journal = GENERATE(true, false);
  if (!with_journal) {
    std::erase_if(f.env.files, [](const auto& file) { return !file.first.starts_with("outbox"); });
  }
  EventStore store(&f.env);
  CHECK(OpenWhole(store));
  Outbox outbox(&store, &f.effects);
  CHECK(outbox.Pump(true, f.Now(), f.Draw()));
  REQUIRE(store.view().table().FindById(first) != kNoRow);
  CHECK(store.view().table().description(store.view().table().FindById(first)) == "x");
  CHECK(store.view().table().size() == 2);
  CHECK(outbox.counts().queued == 3);
  const auto sent = f.Effects("write");
  REQUIRE(sent.size() == 1);
  CHECK(Json::parse(sent[0]["body"].get<std::string>())["id"] == first.Hex());
  CHECK(WhatIsWrong(store).empty());
}

TEST_CASE("a file that is cut anywhere keeps the writes before the cut") {
  OutboxFixture f;
  for (int i = 0; i < 3; ++i) f.Dispatch();
  CommitAll(f.store);
  const std::string name = OutboxName(1);
  const std::string whole = f.env.files[name];
  size_t last = 0;
  for (size_t size = 0; size <= whole.size(); ++size) {
    MemoryEnv env;
    env.files[name] = whole.substr(0, size);
    EventStore store(&env);
    REQUIRE(store.files().Open());
    EffectQueue effects;
    Outbox outbox(&store, &effects);
    REQUIRE(outbox.Pump(false, f.Now(), f.Draw()));
    REQUIRE(outbox.counts().queued >= last);
    last = outbox.counts().queued;
    const Uuid id =
        outbox.Dispatch(Json::parse(R"({"topic":"demo.d"})"), {}, f.Now(), f.Draw())->id;
    CommitAll(store);
    CommitAll(store);
    EventStore again(&env);
    REQUIRE(again.files().Open());
    REQUIRE(again.view().table().FindById(id) != kNoRow);
    REQUIRE(WhatIsWrong(again).empty());
  }
  CHECK(last == 3);
}

TEST_CASE("notes that no longer matter are left out of a rewritten file") {
  OutboxFixture f;
  for (int i = 0; i < 1000; ++i) {
    const Uuid id = f.Dispatch().id;
    f.Answer(f.Pump(), 201, {{"id", id.Hex()}});
    f.Row(f.Upstream(id, i + 1));
    CommitAll(f.store);
  }
  CHECK(f.outbox.file_bytes() < 300'000);
  size_t files = 0;
  for (const auto& [name, bytes] : f.env.files) files += name.starts_with("outbox") ? 1 : 0;
  CHECK(files <= 2);
}

TEST_CASE("what cannot wait, is wrong or too much is refused and changes nothing") {
  OutboxFixture f;
  const auto dispatch = [&](const char* body) {
    return f.outbox.Dispatch(Json::parse(body), {}, f.Now(), f.Draw()).error().code;
  };
  CHECK(dispatch(R"({"topic":"demo.a","store":false})") == ErrorCode::kState);
  CHECK(dispatch(R"({"topic":"demo.a","hash":"h","reuse":true})") == ErrorCode::kState);
  CHECK(dispatch(R"({"topic":"server.restart_requested"})") == ErrorCode::kState);
  CHECK(dispatch(R"({"topic":"auth.logout","summary":{"token":"secret"}})") == ErrorCode::kState);
  CHECK(dispatch(R"({"topic":7})") == ErrorCode::kInvalid);
  CHECK(dispatch("[]") == ErrorCode::kInvalid);
  CHECK(f.outbox.Update(kServerId, Json::object(), f.Now()).error().code == ErrorCode::kNotFound);
  const Uuid logout = f.StoreFixture::Dispatch(R"({"topic":"auth.logout"})");
  const Json secret = Json::parse(R"({"summary":{"token":"secret"}})");
  CHECK(f.outbox.Update(logout, secret, f.Now()).error().code == ErrorCode::kState);
  CHECK(f.store.ledger().Remove(logout));
  CHECK(f.outbox.Remove(kServerId, f.Now()).error().code == ErrorCode::kNotFound);
  CHECK(f.store.view().table().size() == 0);
  CHECK(f.List().empty());
}

TEST_CASE("a removal of an event whose row has not come back takes no other write with it") {
  OutboxFixture f;
  const auto first = f.Dispatch();
  REQUIRE(f.outbox.Remove(first.id, f.Now()));
  const auto second = f.Dispatch(R"({"topic":"demo.second"})");
  f.Answer(f.Pump(), 200, {{"id", first.id.Hex()}});
  f.Answer(f.Pump(), 204);
  const Json list = f.List();
  REQUIRE(list.size() == 1);
  CHECK(list[0]["id"] == second.id.Hex());
}

TEST_CASE("what the upstream says of an event that is removed here counts when that is refused") {
  OutboxFixture f;
  const Uuid id = kServerId;
  Event event;
  event.id = id;
  event.topic = "demo.a";
  event.creation_order = 4;
  event.created_at = event.updated_at = {1'700'000'000'000'000};
  f.Row(event);
  REQUIRE(f.outbox.Remove(id, f.Now()));
  event.description = "changed since";
  event.updated_at = {1'700'000'001'000'000};
  f.Row(event);
  CHECK(f.store.view().table().FindById(id) == kNoRow);
  f.Answer(f.Pump(), 409, {{"code", 409}, {"detail", "still referenced"}});
  CHECK(f.View(id).description == "changed since");
}

TEST_CASE("a removed event that the upstream has replaced does not come back with a refusal") {
  OutboxFixture f;
  Event old;
  old.id = kServerId;
  old.hash = "install";
  old.topic = "addon.install";
  old.creation_order = 4;
  old.created_at = old.updated_at = {1'700'000'000'000'000};
  f.Row(old);
  REQUIRE(f.outbox.Remove(old.id, f.Now()));
  Event replacement = old;
  replacement.id = {{0x5e, 2}};
  f.Row(replacement);
  f.Answer(f.Pump(), 403, {{"detail", "Not allowed to delete events"}});
  CHECK(f.store.view().table().FindById(old.id) == kNoRow);
  CHECK(f.View(replacement.id).hash == "install");
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
