// What is here after a local write was taken back.
#include <catch2/catch_amalgamated.hpp>

#include "event/codec.h"
#include "outbox_fixture.h"
#include "replica/outbox_target.h"

namespace cuesheet::testing {
namespace {

TEST_CASE("an update of a dispatch that turns out to be another event is undone to that event") {
  OutboxFixture f;
  f.outbox.Follow(true);
  const Event theirs = f.Theirs();
  REQUIRE(f.outbox.Remove(theirs.id, f.Now()));
  const auto mine =
      f.Dispatch(R"({"topic":"demo.mine","hash":"shared","description":"mine","summary":{"a":1}})");
  const uint64_t first = f.Update(mine.id, R"({"description":"one"})").number;
  const uint64_t second = f.Update(mine.id, R"({"description":"two"})").number;
  f.Answer(f.Pump(), 403, {{"detail", "Not allowed to delete events"}});
  f.Answer(f.Pump(), 409, {{"detail", "Event with the same hash already exists"}});
  REQUIRE(f.View(theirs.id).description == "two");
  CHECK(f.outbox.Discard(second));
  CHECK(f.View(theirs.id).description == "one");
  CHECK(f.outbox.Discard(first));
  CHECK(f.View(theirs.id).description == theirs.description);
}

TEST_CASE("an event is read again when a write that was retried is taken back") {
  OutboxFixture f;
  const Uuid known = f.StoreFixture::Dispatch(R"({"topic":"demo.b","description":"old"})");
  const bool removes = GENERATE(true, false);
  const uint64_t number = removes ? f.outbox.Remove(known, f.Now()).value().number
                                  : f.Update(known, R"({"description":"mine"})").number;
  f.Answer(f.Pump(), 403, {{"detail", "no"}});
  Event row = Own(f.View(known));
  row.description = "theirs";
  f.Row(row);
  REQUIRE(f.outbox.Retry(number, f.Now()));
  f.Answer(f.Pump(), kNoRoomStatus);
  (void)f.outbox.TakeQuestions();
  REQUIRE(f.outbox.Discard(number));
  CHECK(f.outbox.TakeQuestions().rereads == std::vector<Uuid>{known});
  f.Row(row);
  CHECK(f.View(known).description == "theirs");
}

TEST_CASE("what a later update replaced is noted anew when an earlier one is taken back") {
  OutboxFixture f;
  const Uuid known = f.StoreFixture::Dispatch(R"({"topic":"demo.b","description":"old"})");
  const auto first = f.Update(known, R"({"description":"one"})").number;
  const auto second = f.Update(known, R"({"description":"two"})").number;
  CHECK(f.outbox.Discard(first));
  CommitAll(f.store);
  EventStore store(&f.env, {.role = StoreRole::kReplica});
  CHECK(OpenWhole(store));
  Outbox outbox(&store, &f.effects);
  CHECK(outbox.Discard(second));
  const EventTable& table = store.view().table();
  CHECK(table.description(table.FindById(known)) == "old");
}

// The fixture is the hub: it shows the snapshot's events.
TEST_CASE("an event that is removed here while a snapshot comes in comes back with a refusal") {
  const bool was_shown = GENERATE(true, false);
  const bool is_there = GENERATE(true, false);
  OutboxFixture f;
  f.outbox.Follow(true);
  OutboxTarget target(&f.outbox, Trust::kUpstream);
  Mirror mirror(&f.store.view(), &target);
  const Uuid known = f.StoreFixture::Dispatch(R"({"topic":"demo.b"})");
  std::string line;
  AppendEvent(line, f.View(known), EventForm::kRest);
  Json shown = Json::parse(line);
  shown["cursor"] = CursorOf(5);
  const auto show = [&] {
    if (is_there) REQUIRE(mirror.Snapshot(shown.dump() + '\n'));
  };
  mirror.BeginSnapshot();
  REQUIRE(mirror.Snapshot("{\"sequence\":5,\"store\":\"s1\"}\n"));
  if (was_shown) show();
  REQUIRE(f.outbox.Remove(known, f.Now()));
  if (!was_shown) show();
  REQUIRE(mirror.EndSnapshot());
  f.Answer(f.Pump(), 403, {{"detail", "Not allowed to delete events"}});
  CHECK((f.store.view().table().FindById(known) != kNoRow) == is_there);
}

}  // namespace
}  // namespace cuesheet::testing
