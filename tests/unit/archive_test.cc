// Checkpoints: opened in stages, with payloads in files, and from damaged files.
#include <catch2/catch_amalgamated.hpp>

#include "small_store.h"

namespace cuesheet::testing {
namespace {

// Two checkpoints of 20 events each, and three events in the journal.
struct Filled {
  MemoryEnv env;
  Snapshot truth;

  Filled() {
    EventStore store(&env, kSmall);
    CUE_ASSERT(store.files().Open().has_value());
    for (int i = 1; i <= 43; ++i) {
      const std::string number = std::to_string(i);
      const Json body = {{"topic", "demo.a"}, {"hash", number}, {"payload", {{"number", number}}}};
      Entropy entropy;
      entropy.bytes.fill(static_cast<uint8_t>(i));
      CUE_ASSERT(
          store.ledger().Dispatch(*ParseDispatchRequest(body), {}, {i}, entropy).has_value());
      if (i == 20 || i == 40) Checkpoint(store);
    }
    CommitAll(store);
    truth = SnapshotOf(store);
  }
  std::string& Newest(std::string_view prefix) {
    std::string* newest = nullptr;
    for (auto& [name, bytes] : env.files) {
      if (name.starts_with(prefix)) newest = &bytes;
    }
    CUE_ASSERT(newest != nullptr);
    return *newest;
  }
};

std::string Page(const EventStore& store, int64_t size) {
  EventQuery query;
  query.last = size;
  query.include_logs = true;
  std::string out;
  const auto page = store.answers().AppendPage(out, query, EventForm::kRow);
  return page ? out : ErrorCodeName(page.error().code);
}

TEST_CASE("the newest page is answered before the rest is loaded", "[archive]") {
  Filled f;
  EventStore store(&f.env, kSmall);
  REQUIRE(store.files().Open());
  REQUIRE_FALSE(store.view().is_loaded());
  const std::string early = Page(store, 4);
  CHECK(early.starts_with("{"));
  CHECK(Page(store, 30) == "loading");
  CHECK(store.ledger().Remove(Uuid{}).error().code == ErrorCode::kLoading);
  while (!store.view().is_loaded()) REQUIRE(store.files().LoadNext());
  CHECK(SnapshotOf(store) == f.truth);
  CHECK(Json::parse(Page(store, 4))["events"] == Json::parse(early)["events"]);
}

TEST_CASE("a damaged newest manifest is set aside, and the one before it holds everything",
          "[archive]") {
  Filled f;
  f.Newest(kManifestPrefix).back() ^= 1;
  EventStore store(&f.env, kSmall);
  const auto recovery = OpenWhole(store);
  REQUIRE(recovery);
  CHECK(recovery->lost.size() == 1);
  CHECK(SnapshotOf(store) == f.truth);
  CHECK(f.env.files.contains("lost-manifest-00000002"));
}

TEST_CASE("a newest manifest that is cut short at any byte was never acknowledged", "[archive]") {
  const Filled whole;
  const size_t size = Filled(whole).Newest(kManifestPrefix).size();
  for (size_t at = 0; at < size; at += 13) {
    Filled f = whole;
    f.Newest(kManifestPrefix).resize(at);
    EventStore store(&f.env, kSmall);
    const auto recovery = OpenWhole(store);
    REQUIRE(recovery);
    CHECK(recovery->lost.empty());
    CHECK(SnapshotOf(store) == f.truth);
  }
}

TEST_CASE("a damaged block of the newest checkpoint: the one before it is used", "[archive]") {
  Filled f;
  f.Newest(kBlockPrefix).back() ^= 1;
  EventStore store(&f.env, kSmall);
  const auto recovery = OpenWhole(store);
  REQUIRE(recovery);
  CHECK(recovery->lost.size() == 1);
  CHECK(SnapshotOf(store) == f.truth);
  Checkpoint(store);
  EventStore again(&f.env, kSmall);
  REQUIRE(OpenWhole(again));
  CHECK(SnapshotOf(again) == f.truth);
}

TEST_CASE("a file of a newer format is refused, and nothing is changed", "[archive]") {
  const auto prefix = GENERATE(kManifestPrefix, kBlockPrefix, kJournalPrefix);
  Filled f;
  f.Newest(prefix)[7] = '9';
  const auto before = f.env.files;
  EventStore store(&f.env, kSmall);
  const auto recovery = OpenWhole(store);
  REQUIRE_FALSE(recovery);
  CHECK(recovery.error().code == ErrorCode::kState);
  CHECK(recovery.error().message.find(prefix) != std::string::npos);
  CHECK(f.env.files == before);
}

TEST_CASE("an event that is removed before its block is loaded stays away", "[archive]") {
  Filled f;
  {
    EventStore store(&f.env, kSmall);
    REQUIRE(OpenWhole(store));
    REQUIRE(*store.ledger().Remove(store.view().table().id(store.view().table().FindByHash("3"))));
    CommitAll(store);
  }
  for (int opens = 0; opens < 3; ++opens) {
    EventStore store(&f.env, kSmall);
    REQUIRE(OpenWhole(store));
    CHECK(store.view().table().size() == 42);
    CHECK(store.view().table().FindByHash("3") == kNoRow);
    Checkpoint(store);
  }
}

}  // namespace
}  // namespace cuesheet::testing
