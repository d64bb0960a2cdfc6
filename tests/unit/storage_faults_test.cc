// Every call that writes a file fails, or is the last one before a crash, in turn: what was
// acknowledged is there afterwards, what was not is there whole or not at all.
#include <catch2/catch_amalgamated.hpp>
#include <optional>

#include "journal/testing/faulty_env.h"
#include "small_store.h"

namespace cuesheet::testing {
namespace {

using Files = std::map<std::string, std::string>;

constexpr int kSteps = 90;
constexpr int64_t kStart = 1'774'000'000'000'000;

Timestamp TimeAt(int step) { return {kStart + step * int64_t{1'000'000}}; }

Entropy EntropyAt(int step) {
  Entropy entropy;
  for (size_t i = 0; i < entropy.bytes.size(); ++i) {
    entropy.bytes[i] = static_cast<uint8_t>(static_cast<size_t>(step) * 31 + i * 7);
  }
  return entropy;
}

std::string Number(int number) { return std::to_string(number); }

// The id of the event that is at a place by creation order, wherever a fault has been.
Uuid Pick(const EventStore& store, int step) {
  const size_t place =
      static_cast<size_t>(step) * 7 % std::max<size_t>(store.view().table().size(), 1);
  Uuid id{};
  size_t at = 0;
  store.view().table().VisitRange({}, [&](Row row) {
    id = store.view().table().id(row);
    return at++ < place;
  });
  return id;
}

std::string Payload(int step) {
  std::string text;
  for (int i = 0; i < step % 40; ++i) text += Number(step * i) + " ";
  return R"({"frames":")" + text + "\"}";
}

void Dispatch(EventStore& store, int step, const std::string& body) {
  const auto request = ParseDispatchRequest(Json::parse(body));
  CUE_ASSERT(request.has_value());
  (void)store.ledger().Dispatch(*request, {"mona", {}, {}}, TimeAt(step), EntropyAt(step));
}

void Update(EventStore& store, int step, const std::string& body) {
  const auto request = ParseUpdateRequest(Json::parse(body));
  CUE_ASSERT(request.has_value());
  (void)store.ledger().Update(Pick(store, step), *request, {"max", {}, {}}, TimeAt(step));
}

// A server sends an event without its place, and its place later.
void Merge(EventStore& store, int step) {
  Event event;
  event.id = Uuid::FromClock(TimeAt(step / 20).us, EntropyAt(200 + step / 20));
  event.topic = "demo.merged";
  event.payload = Payload(step);
  event.created_at = event.updated_at = TimeAt(step);
  FieldSet fields = FieldSet::All().Drop(Field::kHash).Drop(Field::kDependsOn);
  if (step % 20 < 10) {
    fields.Drop(Field::kCreationOrder);
  } else {
    event.creation_order = 1000 + step / 20;
  }
  CUE_ASSERT(store.ledger().Merge(event, fields, std::nullopt).has_value());
}

void Import(EventStore& store, int step) {
  std::string lines;
  for (int i = 0; i < 3; ++i) {
    Event event;
    event.id = Uuid::FromClock(TimeAt(step).us, EntropyAt(100 + step + i));
    event.topic = "demo.imported";
    event.payload = Payload(step + i);
    event.created_at = event.updated_at = TimeAt(step);
    AppendEvent(lines, View(event), EventForm::kExport);
    lines += '\n';
  }
  CUE_ASSERT(store.ledger().Import(lines)->events == 3);
}

// One command, which does the same whatever the files do.
void Act(EventStore& store, int step) {
  const std::string hash = R"("hash":"h)" + Number(step % 7) + '"';
  switch (step % 11) {
    case 0:
    case 1:
      return Dispatch(store, step,
                      R"({"topic":"demo.log","payload":)" + Payload(step) + "," + hash + "}");
    case 2:
    case 3:
      return Dispatch(store, step, R"({"topic":"demo.job","finished":false})");
    case 4:
    case 5:
      return Update(
          store, step,
          R"({"payload":)" + Payload(step * 3) + R"(,"summary":{"n":)" + Number(step) + "}}");
    case 6:
      return Dispatch(store, step, R"({"topic":"demo.again","reuse":true,)" + hash + "}");
    case 7:
      (void)store.ledger().Remove(Pick(store, step));
      return;
    case 8:
      return Dispatch(store, step,
                      R"({"topic":"demo.child","dependsOn":")" + Pick(store, step).Hex() + "\"}");
    case 9:
      return step % 3 == 0 ? Import(store, step) : Merge(store, step);
    default:
      const RetentionRule rule{.topics = "demo.*", .max_events = 25};
      (void)store.ledger().Retain(std::span(&rule, 1), TimeAt(step));
  }
}

// What a store without faults holds after each change.
class Truth {
 public:
  Truth() {
    MemoryEnv env;
    EventStore store(&env, kSmall);
    CUE_ASSERT(store.files().Open().has_value());
    states_[0] = {};
    for (int step = 0; step < kSteps; ++step) {
      Act(store, step);
      states_[store.view().sequence()] = SnapshotOf(store);
    }
  }
  const Snapshot& last() const { return states_.rbegin()->second; }
  uint64_t sequence() const { return states_.rbegin()->first; }

  // Whether a store may hold this after this many changes. Between the changes of one command each
  // event is as before or as after it.
  bool Allows(uint64_t sequence, const Snapshot& snapshot) const {
    const auto after = states_.lower_bound(sequence);
    if (after == states_.end()) return false;
    if (after->first == sequence) return snapshot == after->second;
    const Snapshot& before = std::prev(after)->second;
    const auto is_of = [](const Snapshot& all, const auto& entry) {
      const auto found = all.find(entry.first);
      return found != all.end() && found->second == entry.second;
    };
    for (const auto& entry : snapshot) {
      if (!is_of(before, entry) && !is_of(after->second, entry)) return false;
    }
    return std::ranges::all_of(before, [&](const auto& entry) {
      return snapshot.contains(entry.first) || !is_of(after->second, entry);
    });
  }

 private:
  std::map<uint64_t, Snapshot> states_;
};

const Truth& TheTruth() {
  static const Truth truth;
  return truth;
}

// A host with a store at work on files that fail.
struct Host {
  FaultyEnv env;
  EventStore store{&env, kSmall};
  uint64_t acknowledged = 0;

  Host() { CUE_ASSERT(store.files().Open().has_value()); }

  bool Commit() {
    const auto commit = store.files().BeginCommit();
    if (!commit) return false;
    if (!commit->is_needed) return true;
    const bool ok = env.Sync().has_value();
    CUE_ASSERT(store.files().Committed(ok).has_value());
    if (ok) acknowledged = commit->sequence;
    return ok;
  }

  // Works until the end, or until this many calls have written.
  void Work(uint64_t operations = FaultyEnv::kNever) {
    for (int step = 0; step < kSteps && env.operations < operations; ++step) {
      Act(store, step);
      if (step % 4 != 0) (void)store.files().Maintain();
      if (step % 3 == 0) Commit();
    }
  }
};

// Opens what a crash has left, compares, and continues with it.
std::string WrongAfterCrash(const Files& files, uint64_t acknowledged) {
  MemoryEnv env;
  env.files = files;
  EventStore store(&env, kSmall);
  const auto recovery = OpenWhole(store);
  if (!recovery) return "does not open: " + recovery.error().message;
  if (!recovery->lost.empty()) return "lost: " + recovery->lost.front();
  if (store.view().sequence() < acknowledged) return "an acknowledged change is missing";
  if (!TheTruth().Allows(store.view().sequence(), SnapshotOf(store))) return "holds something else";
  if (const std::string wrong = WhatIsWrong(store); !wrong.empty()) return wrong;
  Dispatch(store, 199, R"({"topic":"demo.after"})");
  Checkpoint(store);
  EventStore again(&env, kSmall);
  const auto second = OpenWhole(again);
  if (!second || !second->lost.empty()) return "does not open a second time";
  if (SnapshotOf(again) != SnapshotOf(store)) return "holds something else the second time";
  return WhatIsWrong(again);
}

uint64_t OperationsOfWork() {
  Host host;
  host.Work();
  return host.env.operations;
}

TEST_CASE("the work without faults ends as it has to", "[faults]") {
  Host host;
  host.Work();
  REQUIRE(host.Commit());
  CHECK(host.acknowledged == TheTruth().sequence());
  CHECK(WrongAfterCrash(host.env.Crash(0), host.acknowledged) == "");
  const auto has = [&](std::string_view prefix) {
    return std::ranges::any_of(host.env.files,
                               [&](const auto& file) { return file.first.starts_with(prefix); });
  };
  CHECK(has(kManifestPrefix));
  CHECK(has(kBlockPrefix));
  CHECK(has(kPayloadPrefix));
}

TEST_CASE("after a crash behind any write what was acknowledged is there", "[faults]") {
  const uint64_t operations = OperationsOfWork();
  REQUIRE(operations > 100);
  for (uint64_t at = 1; at <= operations; ++at) {
    Host host;
    host.env.fail_from = at + 1;
    host.Work(at + 1);
    for (uint64_t seed = 0; seed < 6; ++seed) {
      const std::string wrong = WrongAfterCrash(host.env.Crash(seed), host.acknowledged);
      INFO("crash after operation " << at << ", seed " << seed);
      REQUIRE(wrong == "");
    }
  }
}

TEST_CASE("a write that fails loses nothing, and the next commit goes through", "[faults]") {
  const uint64_t operations = OperationsOfWork();
  const uint64_t failing = GENERATE(uint64_t{1}, uint64_t{2}, uint64_t{5});
  for (uint64_t at = 1; at <= operations; ++at) {
    INFO("operations " << at << " to " << at + failing - 1 << " fail");
    Host host;
    host.env.fail_from = at;
    host.env.fail_until = at + failing;
    host.Work(at + failing + 3 * at % 17);
    for (uint64_t seed = 0; seed < 4; ++seed) {
      const std::string wrong = WrongAfterCrash(host.env.Crash(seed), host.acknowledged);
      INFO("then a crash, seed " << seed);
      REQUIRE(wrong == "");
    }
    host.env.fail_from = FaultyEnv::kNever;
    REQUIRE(host.Commit());
    REQUIRE(host.acknowledged == host.store.view().sequence());
    const std::string wrong = WrongAfterCrash(host.env.Crash(0), host.acknowledged);
    REQUIRE(wrong == "");
  }
}

TEST_CASE("a checkpoint that a failed write has interrupted is due until it is written",
          "[faults]") {
  const uint64_t failing = GENERATE(uint64_t{1}, uint64_t{2}, uint64_t{3});
  Host host;
  Lifecycle& files = host.store.files();
  for (int step = 0; step < 12; ++step) {
    Dispatch(host.store, step, R"({"topic":"demo.a","payload":)" + Payload(step) + "}");
  }
  REQUIRE(host.Commit());
  files.DemandCheckpoint();
  host.env.fail_from = host.env.operations + failing;
  Result<bool> more = true;
  while (more && *more) more = files.Maintain();
  REQUIRE_FALSE(more);
  REQUIRE(host.env.failures == 1);
  CHECK(files.IsMaintenanceDue());
  host.env.fail_from = FaultyEnv::kNever;
  REQUIRE(host.Commit());
  CHECK(files.IsMaintenanceDue());
  MaintainAll(host.store);
  REQUIRE(host.Commit());
  CHECK_FALSE(files.IsMaintenanceDue());
  CHECK(std::ranges::any_of(
      host.env.files, [](const auto& file) { return file.first.starts_with(kManifestPrefix); }));
  MemoryEnv left;
  left.files = host.env.Crash(0);
  EventStore again(&left, kSmall);
  REQUIRE(OpenWhole(again));
  CHECK(SnapshotOf(again) == SnapshotOf(host.store));
}

TEST_CASE("a disk that is full takes no harm, and takes writes when there is room again",
          "[faults]") {
  for (uint64_t capacity = 50; capacity < 12'000; capacity += 311) {
    INFO("room for " << capacity << " bytes");
    Host host;
    host.env.capacity = capacity;
    host.Work();
    for (uint64_t seed = 0; seed < 4; ++seed) {
      const std::string wrong = WrongAfterCrash(host.env.Crash(seed), host.acknowledged);
      INFO("then a crash, seed " << seed);
      REQUIRE(wrong == "");
    }
    host.env.capacity = FaultyEnv::kNever;
    REQUIRE(host.Commit());
    REQUIRE(host.acknowledged == TheTruth().sequence());
    REQUIRE(WrongAfterCrash(host.env.Crash(0), host.acknowledged) == "");
  }
}

}  // namespace
}  // namespace cuesheet::testing
