// Payloads that are in files, and files that the host has not loaded.
#include <catch2/catch_amalgamated.hpp>

#include "small_store.h"

namespace cuesheet::testing {
namespace {

// As a browser's: payload files are read only once they were loaded.
class ColdEnv : public MemoryEnv {
 public:
  bool IsLoaded(const std::string& name) override {
    return !name.starts_with(kPayloadPrefix) || loaded.contains(name);
  }
  std::set<std::string> loaded;
};

struct ColdStore {
  ColdEnv env;
  std::optional<EventStore> store;
  int64_t now = 0;

  ColdStore() { Reopen(); }

  void Reopen() {
    store.emplace(&env, kSmall);
    CUE_ASSERT(OpenWhole(*store).has_value());
  }
  Uuid Dispatch(const Json& payload) {
    const Json body = {{"topic", "demo.a"}, {"payload", payload}};
    Entropy entropy;
    ++now;
    for (size_t i = 0; i < 8; ++i) entropy.bytes[i] = static_cast<uint8_t>(now >> (8 * i));
    return store->ledger().Dispatch(*ParseDispatchRequest(body), {}, {now}, entropy).value();
  }
  void Update(const Uuid& id, const Json& body) {
    CUE_ASSERT(store->ledger().Update(id, *ParseUpdateRequest(body), {}, {++now}).has_value());
  }
  void LoadFiles(const std::string& names) {
    CUE_ASSERT(!names.empty());
    size_t at = 0;
    while (at < names.size()) {
      const size_t end = std::min(names.find('\n', at), names.size());
      env.loaded.insert(names.substr(at, end - at));
      at = end + 1;
    }
  }
  size_t Count(std::string_view prefix) const {
    size_t count = 0;
    for (const auto& [name, bytes] : env.files) count += name.starts_with(prefix) ? 1 : 0;
    return count;
  }
  size_t Bytes(std::string_view prefix) const {
    size_t count = 0;
    for (const auto& [name, bytes] : env.files)
      count += name.starts_with(prefix) ? bytes.size() : 0;
    return count;
  }
};

EventQuery WithPayload(std::string_view key, int value) {
  const Json conditions = {{{"key", key}, {"operator", "eq"}, {"value", value}}};
  return EventQuery::Parse({{"last", 10}, {"where", {{"conditions", conditions}}}}).value();
}

// Bytes that do not get smaller.
std::string Noise(uint64_t seed, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    text += static_cast<char>('!' + seed % 7 + (seed >> 33) % 83);
  }
  std::ranges::replace(text, '"', 'q');
  std::ranges::replace(text, '\\', 'b');
  return text;
}

TEST_CASE("a payload whose file is not loaded: the error names the file, and then it is there",
          "[archive]") {
  ColdStore f;
  const Uuid id = f.Dispatch({{"n", 7}});
  Checkpoint(*f.store);
  f.Reopen();
  CHECK(f.store->view().Find(id, false).has_value());
  const auto cold = f.store->view().Find(id, true);
  REQUIRE_FALSE(cold);
  CHECK(cold.error().code == ErrorCode::kCold);
  CHECK(f.env.files.contains(cold.error().message));
  f.LoadFiles(cold.error().message);
  CHECK(f.store->view().Find(id, true)->payload == R"({"n":7})");
}

TEST_CASE("a live query that reads payloads waits for their files and is exact after each change",
          "[archive]") {
  ColdStore f;
  std::vector<Uuid> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(f.Dispatch({{"n", i % 3}}));
  Checkpoint(*f.store);
  f.Reopen();

  std::string page;
  const auto cold = f.store->answers().OpenLive(1, WithPayload("payload/n", 1), page);
  REQUIRE_FALSE(cold);
  REQUIRE(cold.error().code == ErrorCode::kCold);
  f.LoadFiles(cold.error().message);
  page.clear();
  REQUIRE(f.store->answers().OpenLive(1, WithPayload("payload/n", 1), page));
  CHECK(Json::parse(page)["events"].size() == 4);

  // The bytes leave memory again: an update alone cannot tell whether the event is still a match.
  f.env.loaded.clear();
  f.Reopen();
  f.LoadFiles(f.store->answers().OpenLive(1, WithPayload("payload/n", 1), page).error().message);
  page.clear();
  REQUIRE(f.store->answers().OpenLive(1, WithPayload("payload/n", 1), page));
  f.env.loaded.clear();
  f.Update(ids[0], {{"payload", {{"n", 1}}}});
  f.Update(ids[1], {{"payload", {{"n", 2}}}});
  f.Update(ids[4], {{"description", "still one"}});
  std::string patches;
  auto told = f.store->answers().TakeLivePatches(patches);
  if (!told) {
    REQUIRE(told.error().code == ErrorCode::kCold);
    f.LoadFiles(told.error().message);
    patches.clear();
    REQUIRE(f.store->answers().TakeLivePatches(patches));
  }
  std::string fresh;
  REQUIRE(f.store->answers().AppendPage(fresh, WithPayload("payload/n", 1), EventForm::kRow));
  const Json list = Json::parse(patches)["patches"];
  CHECK(list.size() == 3);  // one comes, one goes, one is told anew
  CHECK(Json::parse(fresh)["events"].size() == 4);
}

TEST_CASE("files and bytes stay bounded over twenty thousand updates", "[archive]") {
  ColdStore f;
  std::vector<Uuid> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(f.Dispatch({{"n", i}}));
  size_t most_files = 0;
  size_t most_bytes = 0;
  for (int i = 0; i < 20'000; ++i) {
    f.Update(ids[static_cast<size_t>(i) % ids.size()],
             {{"description", "frame " + std::to_string(i)}, {"payload", {{"frame", i}}}});
    if (i % 10 == 0) CommitAll(*f.store);
    if (f.store->files().IsMaintenanceDue()) {
      for (const auto& [name, bytes] : f.env.files) f.env.loaded.insert(name);
      MaintainAll(*f.store);
      CommitAll(*f.store);
    }
    most_files = std::max(most_files, f.env.files.size());
    most_bytes = std::max(most_bytes, f.Bytes(""));
  }
  CHECK(most_files <= 64);
  CHECK(most_bytes <= 200'000);
  Checkpoint(*f.store);
  for (const auto& [name, bytes] : f.env.files) f.env.loaded.insert(name);
  const Snapshot truth = SnapshotOf(*f.store);
  f.Reopen();
  CHECK(SnapshotOf(*f.store) == truth);
}

TEST_CASE("small payload files become one, and one that is half dead is written anew",
          "[archive]") {
  ColdStore f;
  std::vector<Uuid> ids;
  const auto load = [&f] {
    for (const auto& [name, bytes] : f.env.files) f.env.loaded.insert(name);
  };
  for (uint64_t i = 0; i < 40; ++i) {
    ids.push_back(f.Dispatch({{"noise", Noise(i, 300'000)}}));
    load();
    Checkpoint(*f.store);
  }
  CHECK(f.Count(kPayloadPrefix) < 20);
  const size_t full = f.Bytes(kPayloadPrefix);
  CHECK(full > 8'000'000);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i % 8 != 0) f.Update(ids[i], {{"payload", Json::object()}});
  }
  load();
  const Snapshot truth = SnapshotOf(*f.store);
  for (int i = 0; i < 12; ++i) {
    load();
    Checkpoint(*f.store);
  }
  CHECK(f.Bytes(kPayloadPrefix) < full / 2);
  load();
  f.Reopen();
  CHECK(SnapshotOf(*f.store) == truth);
  CHECK(WhatIsWrong(*f.store).empty());
}

TEST_CASE("a segment that is gone is told, and what other segments hold is there", "[archive]") {
  ColdStore f;
  std::vector<Uuid> ids;
  for (int i = 0; i < 30; ++i) {
    ids.push_back(f.Dispatch({{"n", i}}));
    CommitAll(*f.store);
  }
  std::vector<std::string> segments;
  for (const auto& [name, bytes] : f.env.files) {
    if (name.starts_with(kJournalPrefix)) segments.push_back(name);
  }
  REQUIRE(segments.size() > 3);
  f.env.files.erase(segments[1]);
  EventStore store(&f.env, kSmall);
  const auto recovery = OpenWhole(store);
  REQUIRE(recovery);
  REQUIRE_FALSE(recovery->lost.empty());
  CHECK(recovery->lost.front().find("are missing") != std::string::npos);
  CHECK(store.view().table().FindById(ids.front()) != kNoRow);
  CHECK(store.view().table().FindById(ids.back()) != kNoRow);
  const Snapshot rest = SnapshotOf(store);
  CHECK(rest.size() < ids.size());
  Checkpoint(store);
  for (const auto& [name, bytes] : f.env.files) f.env.loaded.insert(name);
  EventStore again(&f.env, kSmall);
  const auto clean = OpenWhole(again);
  REQUIRE(clean);
  CHECK(clean->lost.empty());
  CHECK(SnapshotOf(again) == rest);
}

TEST_CASE("creation numbers are not used twice after a checkpoint, and topics keep their counts",
          "[archive]") {
  ColdStore f;
  for (int i = 0; i < 3; ++i) f.Dispatch({{"n", i}});
  const Uuid newest = f.Dispatch({{"n", 3}});
  const EventTable& table = f.store->view().table();
  const int64_t order = table.creation_order(table.FindById(newest));
  REQUIRE(*f.store->ledger().Remove(newest));
  Checkpoint(*f.store);
  f.Reopen();
  std::string before;
  f.store->answers().AppendTopics(before);
  CHECK(before.find(R"("topic":"demo.a")") != std::string::npos);
  const Uuid next = f.Dispatch({{"n", 4}});
  CHECK(f.store->view().table().creation_order(f.store->view().table().FindById(next)) > order);
}

}  // namespace
}  // namespace cuesheet::testing
