// The budget of memory: what is refused when it is full, and what goes on (docs/storage.md).
#include <catch2/catch_amalgamated.hpp>

#include "small_store.h"
#include "store/memory_report.h"

namespace cuesheet::testing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kBudget = 64 * kMiB;
constexpr uint64_t kReserve = 8 * kMiB;
constexpr uint64_t kWall = kBudget - kReserve;

// A store whose host says how much memory is in use.
struct BoundedStore {
  MemoryEnv env;
  std::optional<EventStore> store;
  int64_t now = 1'774'000'000'000'000;
  MemoryLimits limits{.budget = kBudget};
  StoreRole role;

  explicit BoundedStore(StoreRole the_role = StoreRole::kAuthority) : role(the_role) { Reopen(); }

  void Reopen() {
    StoreOptions options = kSmall;
    options.role = role;
    options.memory = limits;
    store.emplace(&env, options);
    CUE_ASSERT(OpenWhole(*store).has_value());
  }
  Ledger& ledger() { return store->ledger(); }
  Result<Uuid> Dispatch(const Json& body = {{"topic", "demo.a"}, {"description", "a few words"}}) {
    Entropy entropy;
    now += 1'000'000;
    for (size_t i = 0; i < 8; ++i) entropy.bytes[i] = static_cast<uint8_t>(now >> (8 * i));
    return ledger().Dispatch(*ParseDispatchRequest(body), {"mona", {}, {}}, {now}, entropy);
  }
  Result<void> Update(const Uuid& id, const Json& body) {
    return ledger().Update(id, *ParseUpdateRequest(body), {}, {now += 1'000'000});
  }
  void Use(uint64_t bytes) { store->memory().NoteUse(bytes); }
};

std::string ExportLine(int number, size_t text = 100) {
  char id[33];
  (void)std::snprintf(id, sizeof id, "e%031d", number);
  return Json({{"id", id},
               {"topic", "demo.a"},
               {"description", std::string(text, 'x')},
               {"createdAt", "2026-01-01T00:00:00Z"},
               {"updatedAt", "2026-01-01T00:00:00Z"}})
             .dump() +
         '\n';
}

TEST_CASE("the reserve is an eighth of the budget, and never too small to work in") {
  const auto reserve = [](uint64_t budget, uint64_t capacity = 0) {
    return MemoryBudget({budget, capacity}).reserve();
  };
  CHECK(reserve(0) == 0);
  CHECK(reserve(64 * kMiB) == 8 * kMiB);
  CHECK(reserve(1024 * kMiB) == 128 * kMiB);
  CHECK(reserve(0, 4096 * kMiB) == 512 * kMiB);
  CHECK(MemoryBudget({8192 * kMiB, 4096 * kMiB}).budget() == 4096 * kMiB);
  CHECK(MemoryBudget({1, 0}).budget() == kMinBudgetBytes);
  MemoryBudget memory({kBudget, 0});
  CHECK(memory.room() == kWall);
  memory.NoteUse(kWall - 5);
  CHECK(memory.room() == 5);
  memory.NoteUse(kBudget + 1);
  CHECK(memory.room() == 0);
}

TEST_CASE("a small reserve makes the work that is done at once smaller") {
  const StoreOptions large = FitTo(MemoryBudget({0, 4096 * kMiB}), {});
  CHECK(large.max_pending_bytes == StoreOptions().max_pending_bytes);
  CHECK(large.block_text_bytes == StoreOptions().block_text_bytes);
  CHECK(large.payload_files.joined == StoreOptions().payload_files.joined);
  CHECK(large.max_journal_bytes == StoreOptions().max_journal_bytes);
  const StoreOptions small = FitTo(MemoryBudget({kBudget, 0}), {});
  CHECK(small.max_pending_bytes == 2 * kMiB);
  CHECK(small.block_text_bytes == kMiB);
  CHECK(small.payload_files.written == kMiB);
  CHECK(small.payload_files.joined == 2 * kMiB);
  CHECK(small.max_journal_bytes == 4 * kMiB);
  CHECK(small.thawed_bytes == 2 * kMiB);
}

TEST_CASE("a full store refuses what makes it larger, and does everything else") {
  BoundedStore f;
  const Uuid job = f.Dispatch({{"topic", "demo.job"}, {"finished", false}}).value();
  const Uuid old = f.Dispatch().value();
  for (int i = 0; i < 40; ++i) CHECK(f.Dispatch({{"topic", "demo.many"}}));
  f.Use(kWall);

  const auto refused = f.Dispatch();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kQuota);
  CHECK(refused.error().message ==
        "memory is full: 56 of 64 MiB are in use, and the last 8 are kept for reads, updates and "
        "removals; remove events that are not needed, or give more memory");
  CHECK(f.store->view().table().size() == 42);
  // Messages that are not stored take no room.
  CHECK(f.Dispatch({{"topic", "demo.live"}, {"store", false}}));

  CHECK(f.Update(job, {{"status", "in_progress"}}));
  CHECK(f.Update(job, {{"progress", 50}}));
  CHECK(f.Update(job, {{"description", "half of it is done"}}));
  const auto longer = f.Update(job, {{"payload", {{"log", std::string(10'000, 'x')}}}});
  CHECK(longer.error().code == ErrorCode::kQuota);
  CHECK(f.Update(job, {{"status", "finished"}}));

  CHECK(f.ledger().Remove(old).value());
  const RetentionRule rule{.topics = "demo.many", .max_events = 10};
  CHECK(f.ledger().Retain(std::span(&rule, 1), {f.now}).value() == 30);
  Checkpoint(*f.store);
  CHECK(WhatIsWrong(*f.store).empty());
  const Snapshot before = SnapshotOf(*f.store);

  f.Reopen();
  CHECK(SnapshotOf(*f.store) == before);
  f.Use(kWall - kMiB);  // the removals have made room
  CHECK(f.Dispatch());
}

TEST_CASE("small updates end in the middle of the reserve, those without more text never") {
  BoundedStore f;
  const Uuid id = f.Dispatch({{"topic", "demo.a"}, {"description", "abc"}}).value();
  f.Use(kBudget - kReserve / 2);
  CHECK(f.Update(id, {{"description", "abcd"}}).error().code == ErrorCode::kQuota);
  f.Use(kBudget + kMiB);
  CHECK(f.Update(id, {{"description", "xyz"}}));
  CHECK(f.Update(id, {{"status", "failed"}}));
  CHECK(f.ledger().Remove(id).value());
}

TEST_CASE("a store that was beyond its budget when it was opened can be worked in") {
  BoundedStore f;
  const Uuid id = f.Dispatch().value();
  Checkpoint(*f.store);
  StoreOptions options = kSmall;
  options.memory = f.limits;
  EventStore again(&f.env, options);
  again.memory().NoteUse(2 * kBudget);  // the host says so before it calls Open()
  REQUIRE(OpenWhole(again));
  const auto update = [&](const Json& body) {
    return again.ledger().Update(id, *ParseUpdateRequest(body), {}, {++f.now});
  };
  CHECK(update({{"status", "finished"}, {"description", "a few words more"}}));
  CHECK(update({{"summary", {{"log", std::string(5000, 'x')}}}}).error().code == ErrorCode::kQuota);
  CHECK(again.view().Find(id, true).value().description == "a few words more");
  CHECK(again.ledger().Remove(id).value());
  Checkpoint(again);
}

TEST_CASE("one call removes as many events as there is memory for") {
  BoundedStore f;
  for (int i = 0; i < 1200; ++i) CHECK(f.Dispatch({{"topic", "demo.many"}}));
  std::vector<Row> rows;
  for (Row row = 0; row < 1200; ++row) rows.push_back(row);
  MemoryBudget memory({kBudget, 0});
  CHECK(memory.Removals(1'000'000) == (kBudget - kReserve / 4) / kRemovalBytes);
  memory.NoteUse(2 * kBudget);
  CHECK(memory.Removals(1'000'000) == kReserve / 2 / kRemovalBytes);
  CHECK(memory.Removals(5) == 5);
  CHECK(MemoryBudget({}).Removals(1'000'000) == 1'000'000);
  f.Use(kBudget);
  CHECK(f.ledger().RemoveAll(rows));
  CHECK(f.store->view().table().size() == 0);
}

TEST_CASE("more removals than memory has room for are refused as a whole") {
  BoundedStore f;
  std::string lines;
  constexpr int kEvents = 5000;
  for (int i = 0; i < kEvents; ++i) lines += ExportLine(i);
  CHECK(f.ledger().Import(lines)->events == kEvents);
  std::vector<Row> rows;
  for (Row row = 0; row < kEvents; ++row) rows.push_back(row);
  f.Use(kBudget);
  const auto all = f.ledger().RemoveAll(rows);
  REQUIRE_FALSE(all);
  CHECK(all.error().message ==
        "memory is nearly full, so 5000 events cannot be removed at once: remove at most 4096 of "
        "them, several times");
  CHECK(f.store->view().table().size() == kEvents);
  rows.resize(4096);
  CHECK(f.ledger().RemoveAll(rows));
  // Retention goes on by itself, in smaller steps.
  const RetainRequest request{.rules = {{.topics = "demo.*", .max_events = 0}}};
  const auto retained = f.ledger().Retain(request, {f.now});
  CHECK(retained->removed == kEvents - 4096);
  CHECK_FALSE(retained->more);
}

TEST_CASE("an import stops at the line for which there is no room, and goes on from there") {
  BoundedStore f;
  std::string lines;
  for (int i = 0; i < 10; ++i) lines += ExportLine(i, 100'000);
  f.Use(kWall - 450'000);
  const auto part = f.ledger().Import("no event\n" + lines);
  REQUIRE(part);
  CHECK(part->events == 4);
  CHECK(part->refused == 1);
  REQUIRE(part->stopped);
  CHECK(part->stopped->line == 6);
  CHECK(part->stopped->message.starts_with("memory is full: "));
  CHECK(CommitAll(*f.store));
  const auto none = f.ledger().Import(ExportLine(11, 100'000));
  CHECK(none->stopped->line == 1);
  CHECK(none->events == 0);

  f.Reopen();
  f.Use(kMiB);
  const auto rest = f.ledger().Import(lines);
  CHECK(rest->known == 4);
  CHECK(rest->events == 6);
  CHECK_FALSE(rest->stopped);
}

TEST_CASE("a full replica stores nothing new of its upstream, but what has changed") {
  for (const StoreRole role : {StoreRole::kReplica, StoreRole::kRelay}) {
    BoundedStore f(role);
    Event event{.id = {{0x5e, 1}}, .topic = "demo.a", .description = "some text"};
    event.creation_order = 1;
    event.created_at = event.updated_at = {f.now};
    const auto merge = [&f](const Event& it) {
      return f.ledger().Merge(it, FieldSet::All().Drop(Field::kPayload), std::nullopt,
                              Trust::kFeed);
    };
    REQUIRE(merge(event));
    f.Use(kWall);
    Event other = event;
    other.id = {{0x5e, 2}};
    other.creation_order = 2;
    CHECK(merge(other).error().code == ErrorCode::kQuota);
    event.status = EventStatus::kFailed;
    event.updated_at.us += 1;
    CHECK(merge(event));
    CHECK(f.store->view().table().status(0) == EventStatus::kFailed);
    event.description = std::string(5000, 'x');
    CHECK(merge(event).error().code == ErrorCode::kQuota);
    CHECK(f.ledger().RemoveUpstream(event.id));
    f.Use(0);
    CHECK(merge(other));
  }
}

TEST_CASE("a checkpoint that does not fit into memory is not opened in part") {
  BoundedStore f;
  for (int i = 0; i < 20; ++i) CHECK(f.Dispatch());
  Checkpoint(*f.store);
  const auto files = f.env.files;
  StoreOptions options = kSmall;
  options.memory = {.budget = 0, .capacity = kBudget};
  EventStore full(&f.env, options);
  full.memory().NoteUse(kBudget);
  const auto opened = full.files().Open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::kQuota);
  CHECK(opened.error().message ==
        "the events do not fit into memory: 0 of them take 64 of the 64 MiB that there are, and "
        "more are in the files; nothing was changed");
  CHECK(f.env.files == files);
  EventStore again(&f.env, options);
  REQUIRE(again.files().Open());
  again.memory().NoteUse(kBudget);
  CHECK(again.files().LoadNext().error().code == ErrorCode::kQuota);
  again.memory().NoteUse(0);
  while (!again.view().is_loaded()) REQUIRE(again.files().LoadNext());
  CHECK(again.view().table().size() == 20);
}

TEST_CASE("neither is a journal, and the next opening has all of it") {
  BoundedStore f;
  for (int i = 0; i < 20; ++i) CHECK(f.Dispatch());
  CHECK(CommitAll(*f.store));
  const auto files = f.env.files;
  StoreOptions options = kSmall;
  options.memory = {.budget = 0, .capacity = kBudget};
  EventStore full(&f.env, options);
  full.memory().NoteUse(kBudget - kReserve / 4 - 3000);
  const auto opened = full.files().Open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::kQuota);
  CHECK(opened.error().message.contains("do not fit into memory"));
  CHECK(f.env.files == files);
  f.Reopen();
  CHECK(f.store->view().table().size() == 20);
}

TEST_CASE("the pace of the last week says how long there is room") {
  BoundedStore f;
  const auto days = [&f] { return f.store->view().memory(Timestamp{f.now}).days_left; };
  for (int i = 0; i < 99; ++i) {
    CHECK(f.Dispatch());
    f.now += 400'000'000;
  }
  CHECK_FALSE(days());  // too few
  CHECK(f.Dispatch());
  f.Use(kWall -
        100 * (kEventBytes + 13));  // as much again: 11 of the description, 2 of the summary
  const double span = 99 * 401.0 / 86'400;
  REQUIRE(days());
  CHECK(*days() == Catch::Approx(span).epsilon(0.01));
  f.Use(kWall);
  CHECK(*days() == 0);
  f.now += int64_t{8} * 86'400 * 1'000'000;
  CHECK_FALSE(days());  // nothing in a week
  const MemoryReport report = f.store->view().memory(std::nullopt);
  CHECK(report.budget == kBudget);
  CHECK(report.reserve == kReserve);
  CHECK(report.used == kWall);
  CHECK(report.room == 0);
  CHECK_FALSE(StoreFixture().store.view().memory(Timestamp{f.now}).days_left);
}

}  // namespace
}  // namespace cuesheet::testing
