#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

TEST_CASE("a dispatched event has AYON's defaults") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"demo.event"})");
  const EventView event = f.View(id);
  CHECK(event.HashText() == id.Hex());
  CHECK(event.status == EventStatus::kFinished);
  CHECK(event.sender_type == "api");
  CHECK(event.user == "mona");
  CHECK_FALSE(event.sender);
  CHECK(event.summary == "{}");
  CHECK(event.payload == "{}");
  CHECK(event.created_at == event.updated_at);
  CHECK(f.View(f.Dispatch(R"({"topic":"demo.job","finished":false})")).status ==
        EventStatus::kPending);
}

TEST_CASE("dispatch with a taken hash is refused and stores nothing") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"demo.a","hash":"h"})");
  const auto second = f.TryDispatch(R"({"topic":"demo.b","hash":"h"})");
  CHECK(second.error().code == ErrorCode::kConflict);
  CHECK(second.error().message == "Event with the same hash already exists");
  CHECK(f.store.view().table().size() == 1);
  CHECK(f.store.view().sequence() == 1);
  // the refused insert consumed a creation number
  CHECK(f.View(f.Dispatch(R"({"topic":"demo.c"})")).creation_order == 3);
}

TEST_CASE("the empty hash is a real hash") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"demo.a","hash":""})");
  CHECK_FALSE(f.TryDispatch(R"({"topic":"demo.b","hash":""})"));
}

TEST_CASE("the id of an event is its hash until it has another") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"demo.a"})");
  CHECK_FALSE(f.TryDispatch(R"({"topic":"demo.b","hash":")" + id.Hex() + "\"}"));
}

TEST_CASE("reuse replaces the row, keeps creation and retries, and gives a new id") {
  StoreFixture f;
  const Uuid old = f.Dispatch(R"({"topic":"demo.a","hash":"k","description":"first"})");
  REQUIRE(f.Update(old, R"({"retries":2,"status":"failed"})"));
  const Timestamp created = f.View(old).created_at;
  const Uuid id = f.Dispatch(R"({"topic":"demo.b","hash":"k","reuse":true})");
  CHECK(f.store.view().table().FindById(old) == kNoRow);
  const EventView event = f.View(id);
  CHECK(event.topic == "demo.b");
  CHECK(event.hash == "k");
  CHECK(event.retries == 2);
  CHECK(event.status == EventStatus::kFinished);
  CHECK(event.description.empty());
  CHECK(event.created_at == created);
  CHECK(event.updated_at > created);
  CHECK(event.creation_order == 1);
}

TEST_CASE("reuse of an event that has children is refused") {
  StoreFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.a","hash":"k"})");
  f.Dispatch(R"({"topic":"demo.b","dependsOn":")" + parent.Hex() + "\"}");
  const auto reused = f.TryDispatch(R"({"topic":"demo.a","hash":"k","reuse":true})");
  CHECK(reused.error().message == "Event depends on non-existing event");
  CHECK(f.store.view().table().FindById(parent) != kNoRow);
}

TEST_CASE("an unknown parent is stored as null") {
  StoreFixture f;
  const Uuid id =
      f.Dispatch(R"({"topic":"demo.b","dependsOn":"e0000000000000000000000000000001"})");
  CHECK_FALSE(f.View(id).depends_on);
}

TEST_CASE("a fire-and-forget event is told and not stored") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"demo.a","hash":"k"})");
  (void)f.store.ledger().TakeChanges();
  const Uuid id = f.Dispatch(R"({"topic":"demo.b","hash":"k","store":false})");
  CHECK(f.store.view().table().FindById(id) == kNoRow);
  const auto changes = f.store.ledger().TakeChanges();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == ChangeKind::kTransient);
  CHECK(changes[0].sequence == 1);
  CHECK(f.store.view().sequence() == 1);
}

TEST_CASE("an update replaces, never merges, and null leaves alone") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"demo.a","summary":{"a":1},"description":"x"})");
  const Timestamp before = f.View(id).updated_at;
  REQUIRE(f.Update(id, R"({"summary":{"b":1},"description":null})"));
  CHECK(f.View(id).summary == R"({"b":1})");
  CHECK(f.View(id).description == "x");
  REQUIRE(f.Update(id, "{}"));
  CHECK(f.View(id).updated_at.us == before.us + 2'000'000);
  CHECK(f.Update(Uuid{}, "{}").error().code == ErrorCode::kNotFound);
}

TEST_CASE("an event without a user gets the name of whoever changes it first") {
  StoreFixture f;
  const Uuid id = f.TryDispatch(R"({"topic":"demo.a"})", {{}, {}, {}}).value();
  REQUIRE(f.Update(id, "{}", {"max", {}, {}}));
  CHECK(f.View(id).user == "max");
  REQUIRE(f.Update(id, "{}", {"eva", {}, {}}));
  CHECK(f.View(id).user == "max");
}

TEST_CASE("the sender type changes only when the header is given") {
  StoreFixture f;
  const Uuid id = f.TryDispatch(R"({"topic":"demo.a"})", {"mona", "s1", "worker"}).value();
  REQUIRE(f.Update(id, "{}"));
  CHECK(f.View(id).sender_type == "worker");
  CHECK(f.View(id).sender == "s1");
  REQUIRE(f.Update(id, "{}", {"mona", "s2", "tool"}));
  CHECK(f.View(id).sender_type == "tool");
  CHECK(f.View(id).sender == "s2");
}

TEST_CASE("progress is told with its change, never stored, and ends with the job") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"demo.job","finished":false})");
  (void)f.store.ledger().TakeChanges();
  REQUIRE(f.Update(id, R"({"progress":42})"));
  CHECK(f.store.ledger().TakeChanges().at(0).progress == 42);
  CHECK(f.store.view().progress(id) == 42);
  REQUIRE(f.Update(id, R"({"status":"finished"})"));
  CHECK_FALSE(f.store.view().progress(id));
}

TEST_CASE("a parent with children cannot be removed, a missing event is no error") {
  StoreFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.a"})");
  const Uuid child = f.Dispatch(R"({"topic":"demo.b","dependsOn":")" + parent.Hex() + "\"}");
  CHECK(f.store.ledger().Remove(parent).error().message ==
        "id '" + parent.Hyphenated() + "' is still referenced from table \"events\".");
  CHECK(f.store.ledger().Remove(child) == true);
  CHECK(f.store.ledger().Remove(parent) == true);
  CHECK(f.store.ledger().Remove(parent) == false);
  CHECK(f.store.view().table().size() == 0);
}

TEST_CASE("sequences are gapless") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"demo.a"})");
  REQUIRE(f.Update(id, R"({"description":"x"})"));
  f.Dispatch(R"({"topic":"demo.b","store":false})");
  REQUIRE(f.store.ledger().Remove(id));
  uint64_t expected = 0;
  for (const Change& change : f.store.ledger().TakeChanges()) {
    if (change.kind != ChangeKind::kTransient) CHECK(change.sequence == ++expected);
  }
  CHECK(expected == 3);
}

TEST_CASE("a merge inserts once and then writes only what differs") {
  StoreFixture f;
  Event event{.id = *Uuid::Parse("e0000000000000000000000000000001"), .topic = "demo.a"};
  event.updated_at = {1000};
  const FieldSet fields = FieldSet().Add(Field::kTopic).Add(Field::kUpdatedAt);
  REQUIRE(f.store.ledger().Merge(event, fields, {}));
  CHECK(f.View(event.id).creation_order == kFirstProvisionalOrder);
  REQUIRE(f.store.ledger().Merge(event, fields, {}));
  CHECK(f.store.view().sequence() == 1);
  event.creation_order = 7;
  REQUIRE(f.store.ledger().Merge(event, FieldSet().Add(Field::kCreationOrder), {}));
  CHECK(f.View(event.id).creation_order == 7);
}

TEST_CASE("an older state of an event does not overwrite a newer one") {
  StoreFixture f;
  Event event{.id = *Uuid::Parse("e0000000000000000000000000000001"), .topic = "demo.a"};
  event.status = EventStatus::kFinished;
  event.updated_at = {2000};
  REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), {}));
  event.status = EventStatus::kPending;
  event.updated_at = {1000};
  event.creation_order = 9;
  REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), {}));
  CHECK(f.View(event.id).status == EventStatus::kFinished);
  CHECK(f.View(event.id).creation_order == 9);
}

TEST_CASE("an older state does not take progress back") {
  StoreFixture f;
  Event event{.id = *Uuid::Parse("e0000000000000000000000000000001"), .topic = "demo.a"};
  event.status = EventStatus::kInProgress;
  event.updated_at = {2000};
  REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), 60));
  event.updated_at = {1000};
  REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), 40));
  CHECK(f.store.view().progress(event.id) == 60);
  event.updated_at = {2000};
  REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), 50));
  CHECK(f.store.view().progress(event.id) == 50);
}

TEST_CASE("a merged event takes the place of the one that had its hash") {
  StoreFixture f;
  Event old{.id = *Uuid::Parse("e0000000000000000000000000000001"), .topic = "demo.a"};
  old.hash = "h";
  old.status = EventStatus::kInProgress;
  old.creation_order = 1;
  REQUIRE(f.store.ledger().Merge(old, FieldSet::All(), 60));
  Event event = old;
  event.id = *Uuid::Parse("e0000000000000000000000000000002");
  SECTION("when it comes with its hash") {
    REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), {}));
  }
  SECTION("when it was here before its hash was known") {
    event.hash.reset();
    REQUIRE(f.store.ledger().Merge(event, FieldSet().Add(Field::kTopic), {}));
    event.hash = "h";
    REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), {}));
  }
  CHECK(f.store.view().table().size() == 1);
  CHECK(f.store.view().table().FindByHash("h") == f.store.view().table().FindById(event.id));
  CHECK(f.View(event.id).creation_order == 1);
  // the old one's progress is gone with it
  old.hash.reset();
  REQUIRE(f.store.ledger().Merge(old, FieldSet().Add(Field::kTopic), {}));
  CHECK_FALSE(f.store.view().progress(old.id));
}

TEST_CASE("a dispatch draws a creation order above all that a merge told") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"demo.a"})");
  Event event{.id = id};
  event.creation_order = 50;
  REQUIRE(f.store.ledger().Merge(event, FieldSet().Add(Field::kCreationOrder), {}));
  CHECK(f.View(f.Dispatch(R"({"topic":"demo.b"})")).creation_order == 51);
}

TEST_CASE("a creation order is not drawn again after the store is opened anew") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"demo.a"})");
  REQUIRE(f.store.ledger().Remove(id) == true);
  Event seen{.id = *Uuid::Parse("e0000000000000000000000000000001"), .topic = "demo.b"};
  REQUIRE(
      f.store.ledger().Merge(seen, FieldSet().Add(Field::kTopic), {}));  // has a provisional one
  f.Commit();
  EventStore again(&f.env);
  REQUIRE(again.files().Open());
  DispatchRequest request;
  request.topic = "demo.c";
  const Uuid next = again.ledger().Dispatch(request, {}, f.Now(), f.Draw()).value();
  CHECK(again.view().table().creation_order(again.view().table().FindById(next)) == 2);
}

TEST_CASE("a parent that arrives after its child adopts it") {
  StoreFixture f;
  Event child{.id = *Uuid::Parse("e0000000000000000000000000000002"), .topic = "demo.b"};
  child.depends_on = *Uuid::Parse("e0000000000000000000000000000001");
  REQUIRE(f.store.ledger().Merge(child, FieldSet::All(), {}));
  CHECK(f.View(child.id).depends_on == child.depends_on);
  Event parent{.id = *child.depends_on, .topic = "demo.a"};
  REQUIRE(f.store.ledger().Merge(parent, FieldSet::All(), {}));
  CHECK(f.store.view().table().HasChildren(f.store.view().table().FindById(parent.id)));
}

}  // namespace
}  // namespace cuesheet::testing
