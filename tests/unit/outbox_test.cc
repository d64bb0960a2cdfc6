#include <catch2/catch_amalgamated.hpp>

#include "outbox_fixture.h"

namespace cuesheet::testing {
namespace {

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

TEST_CASE("a dispatch that takes the hash of an event whose removal is refused is that event") {
  OutboxFixture f;
  f.outbox.Follow(true);
  const Event theirs = f.Theirs();
  REQUIRE(f.outbox.Remove(theirs.id, f.Now()));
  const auto mine = f.Dispatch(R"({"topic":"demo.mine","hash":"shared"})");
  f.Update(mine.id, R"({"status":"failed"})");
  f.Answer(f.Pump(), 403, {{"detail", "Not allowed to delete events"}});
  const Json sent = f.Pump();
  REQUIRE(sent["path"] == "/api/events");
  f.Answer(sent, 409, {{"detail", "Event with the same hash already exists"}});
  // Its row is here already, so none will come that says what became of the dispatch.
  CHECK(f.store.view().table().FindById(mine.id) == kNoRow);
  const Json update = f.Pump();
  CHECK(update["path"] == "/api/events/" + theirs.id.Hex());
  f.Answer(update, 204);
  f.Row(theirs);
  CHECK(f.outbox.counts().queued == 0);
}

TEST_CASE("two dispatches that take the hash of an event here are that event, and leave it") {
  OutboxFixture f;
  f.outbox.Follow(true);
  const Event theirs = f.Theirs();
  for (const bool is_refused : {true, false}) {
    CAPTURE(is_refused);
    REQUIRE(f.outbox.Remove(theirs.id, f.Now()));
    const auto mine = f.Dispatch(R"({"topic":"demo.mine","hash":"shared"})");
    f.Answer(f.Pump(), 403, {{"detail", "Not allowed to delete events"}});
    f.Answer(f.Pump(), 409, {{"detail", "Event with the same hash already exists"}});
    CHECK_FALSE(f.outbox.HasDispatch(theirs.id));  // nothing has to come for it
    CHECK(f.store.view().table().FindById(mine.id) == kNoRow);
  }
  const uint64_t reread = f.outbox.RereadBegins();
  f.Row(theirs);
  REQUIRE(f.outbox.RereadEnded(reread, {{theirs.id}}));
  CHECK(f.store.view().table().FindById(theirs.id) != kNoRow);
}

TEST_CASE("a dispatch that waits here does not show that the hub has its hash") {
  OutboxFixture f;
  f.outbox.Follow(true);
  const auto first = f.Dispatch(R"({"topic":"demo.first","hash":"shared"})");
  REQUIRE(f.outbox.Remove(first.id, f.Now()));
  const auto second = f.Dispatch(R"({"topic":"demo.second","hash":"shared"})");
  f.Answer(f.Pump(), 409, {{"detail", "Event with the same hash already exists"}});
  CHECK(f.outbox.HasDispatch(first.id));
  CHECK(f.outbox.HasDispatch(second.id));
  Event theirs = f.Upstream(second.id, 7);
  theirs.id = kServerId;
  theirs.hash = "shared";
  f.Row(theirs);
  CHECK_FALSE(f.outbox.HasDispatch(first.id));
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

TEST_CASE(
    "an update whose worker has lost its lease is refused and undone, and nothing waits for it") {
  OutboxFixture f;
  const Uuid id = f.Dispatch().id;
  f.Answer(f.Pump(), 200, {{"id", id.Hex()}});
  f.Row(f.Upstream(id, 7));
  const auto status = f.View(id).status;
  REQUIRE(f.outbox.Update(id, Json::parse(R"({"status":"failed","sender":"late"})"), f.Now()));
  REQUIRE(f.outbox.Update(id, Json::parse(R"({"description":"next"})"), f.Now()));
  const std::string why = "The lease of 'late' on this job has ended, and 'x' has it now";
  f.Answer(f.Pump(), 409, {{"code", 409}, {"detail", why}});
  CHECK(f.outbox.counts().refused == 1);
  CHECK(f.List()[0]["detail"] == why);
  CHECK(f.View(id).status == status);
  const Json next = f.Pump();
  REQUIRE_FALSE(next.is_null());
  CHECK(next["body"].get<std::string>().find("next") != std::string::npos);
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

TEST_CASE(
    "an event that the server has deleted does not come back with a removal that is refused") {
  OutboxFixture f;
  const Uuid id = f.StoreFixture::Dispatch(R"({"topic":"demo.b"})");
  f.Update(id, R"({"description":"new"})");
  REQUIRE(f.outbox.Remove(id, f.Now()));
  f.Answer(f.Pump(), 404, {{"detail", "Event not found"}});
  f.Answer(f.Pump(), 403, {{"detail", "Not allowed to delete events"}});
  CHECK(f.store.view().table().size() == 0);
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

TEST_CASE("a removal that is refused after a restart brings the event back under its new id") {
  OutboxFixture f;
  const Uuid mine = f.Dispatch().id;
  const Json sent = f.Pump();
  REQUIRE(f.outbox.Remove(mine, f.Now()));
  f.Answer(sent, 200, {{"id", kServerId.Hex()}});
  CommitAll(f.store);
  EventStore store(&f.env, {.role = StoreRole::kReplica});
  CHECK(OpenWhole(store));
  Outbox outbox(&store, &f.effects);
  CHECK(outbox.Pump(true, f.Now(), f.Draw()));
  const auto removal = f.Effects("write");
  REQUIRE(removal.size() == 1);
  CHECK(removal[0]["path"] == "/api/events/" + kServerId.Hex());
  const UpstreamAnswer refused = AnswerOf(403, R"({"detail":"Not allowed to delete events"})");
  CHECK(outbox.Answered(removal[0]["request"], refused, f.Now(), f.Draw()));
  CHECK(store.view().table().FindById(mine) == kNoRow);
  CHECK(store.view().table().FindById(kServerId) != kNoRow);
}

TEST_CASE("a file that is cut anywhere keeps the writes before the cut") {
  OutboxFixture f;
  for (int i = 0; i < 3; ++i) f.Dispatch();
  CommitAll(f.store);
  const std::string name = FileName(kOutboxPrefix, 1);
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

}  // namespace
}  // namespace cuesheet::testing
