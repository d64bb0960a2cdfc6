// Sizes and numbers at the edge of the types that hold them: what does not fit is refused before
// anything is lost.
#include <catch2/catch_amalgamated.hpp>

#include "base/bytes.h"
#include "event/event_reader.h"
#include "journal/manifest.h"
#include "journal/note_file.h"
#include "replica/upstream_event.h"
#include "small_store.h"

namespace cuesheet::testing {
namespace {

Event EventOf(uint8_t number, int64_t order) {
  Event event;
  event.id.bytes = {0xe0, number};
  event.topic = "demo.a";
  event.created_at = event.updated_at = {1'700'000'000'000'000};
  event.creation_order = order;
  return event;
}

std::string ObjectOf(size_t bytes) { return R"({"a":")" + std::string(bytes - 8, 'x') + "\"}"; }

std::string LineOf(uint8_t number, std::string_view name, size_t bytes) {
  const std::string id = EventOf(number, 0).id.Hex();
  return R"({"id":")" + id + R"(","topic":"demo.a","createdAt":"2026-01-01","updatedAt":)" +
         R"("2026-01-01",")" + std::string(name) + "\":\"" + std::string(bytes, 'x') + "\"}\n";
}

TEST_CASE("the largest event is in the journal, and so is what comes after it", "[limits]") {
  StoreFixture f;
  Event event = EventOf(1, 1);
  event.description = std::string(kMaxTextBytes, 'd');
  event.summary = ObjectOf(kMaxTextBytes);
  event.payload = ObjectOf(kMaxTextBytes);
  event.hash = event.sender = event.sender_type = event.project = event.user =
      std::string(kMaxNameBytes, 'n');
  REQUIRE(CheckSizes(View(event)));
  REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), std::nullopt));
  const Uuid after = f.Dispatch(R"({"topic":"demo.after"})");
  f.Commit();
  EventStore again(&f.env);
  const auto recovery = again.files().Open();
  REQUIRE(recovery);
  CHECK(recovery->cut_bytes == 0);
  CHECK(again.view().table().FindById(after) != kNoRow);
  CHECK(SnapshotOf(again) == SnapshotOf(f.store));
}

TEST_CASE("a checkpoint has room for long hashes and names", "[limits]") {
  StoreFixture f;
  for (int i = 0; i < 70; ++i) {
    const std::string text = std::to_string(i) + std::string(kMaxNameBytes - 2, 'x');
    f.Dispatch(Json({{"topic", "demo.a"}, {"hash", text}, {"sender", text}}).dump());
    CommitAll(f.store);
  }
  Checkpoint(f.store);
  EventStore again(&f.env);
  REQUIRE(OpenWhole(again));
  CHECK(WhatIsWrong(again).empty());
  CHECK(SnapshotOf(again) == SnapshotOf(f.store));
}

TEST_CASE("an import names the member that is too long, and takes the other lines", "[limits]") {
  StoreFixture f;
  const auto report =
      f.store.ledger().Import(LineOf(1, "description", kMaxTextBytes + 1) +
                              LineOf(2, "hash", kMaxNameBytes + 1) + LineOf(3, "description", 10));
  REQUIRE(report);
  CHECK(report->events == 1);
  REQUIRE(report->refusals.size() == 2);
  CHECK(report->refusals[0].message == "description: 4194304 bytes, an event has room for 4194303");
  CHECK(report->refusals[1].message == "hash: 1048577 bytes, an event has room for 1048576");
}

TEST_CASE("a payload of an upstream that is too long is not here, an event that is comes not in",
          "[limits]") {
  const std::string text(kMaxTextBytes, 'x');
  Json node = {{"id", EventOf(1, 0).id.Hex()}, {"topic", "demo.a"}, {"payload", {{"a", text}}}};
  const auto without = ParseEdge({{"node", node}});
  REQUIRE(without);
  CHECK_FALSE(without->event.payload);
  CHECK(without->fields.Has(Field::kPayload));
  CHECK(ParseShown({{"id", node["id"]},
                    {"topic", "demo.a"},
                    {"createdAt", "2026-01-01"},
                    {"updatedAt", "2026-01-01"},
                    {"payload", node["payload"]}})
            .error()
            .code == ErrorCode::kTooLarge);
  node["summary"] = {{"a", text}};
  CHECK(ParseEdge({{"node", node}}).error().code == ErrorCode::kTooLarge);
  CHECK_FALSE(ParseSocketEvent(node));
}

TEST_CASE("retries of an upstream beyond 32 bits are not taken for others", "[limits]") {
  const Json node = {
      {"id", EventOf(1, 0).id.Hex()}, {"topic", "demo.a"}, {"retries", int64_t{1} << 32}};
  const auto event = ParseEdge({{"node", node}});
  REQUIRE(event);
  CHECK_FALSE(event->fields.Has(Field::kRetries));
}

TEST_CASE("events that share one creation order and fill no block stay in the journal",
          "[limits]") {
  StoreFixture f;
  const size_t count = GENERATE(kMaxBlockEvents, kMaxBlockEvents + 1);
  Event event = EventOf(1, 7);
  for (size_t i = 0; i < count; ++i) {
    for (size_t at = 0; at < 4; ++at) event.id.bytes[4 + at] = static_cast<uint8_t>(i >> 8 * at);
    REQUIRE(f.store.ledger().Merge(event, FieldSet::All().Drop(Field::kHash), std::nullopt));
  }
  CommitAll(f.store);
  f.store.files().DemandCheckpoint();
  Result<bool> more = true;
  while (more && *more) more = f.store.files().Maintain();
  CHECK(more.has_value() == (count == kMaxBlockEvents));
  if (!more) CHECK(more.error().code == ErrorCode::kTooLarge);
  CommitAll(f.store);
  EventStore again(&f.env);
  REQUIRE(OpenWhole(again));
  CHECK(again.view().table().size() == count);
}

TEST_CASE("events of one creation order with more text than a block has room for", "[limits]") {
  StoreFixture f;
  for (uint8_t number = 1; number <= 7; ++number) {
    Event event = EventOf(number, 7);
    event.description = std::string(kMaxTextBytes, 'd');
    event.summary = ObjectOf(kMaxTextBytes);
    REQUIRE(f.store.ledger().Merge(event, FieldSet::All().Drop(Field::kHash), std::nullopt));
  }
  CommitAll(f.store);
  f.store.files().DemandCheckpoint();
  Result<bool> more = true;
  while (more && *more) more = f.store.files().Maintain();
  REQUIRE_FALSE(more);
  CHECK(more.error().message.starts_with(
      "a checkpoint has no room for all events of creation order 7: "));
  CommitAll(f.store);
  EventStore again(&f.env);
  REQUIRE(OpenWhole(again));
  CHECK(again.view().table().size() == 7);
}

TEST_CASE("a store whose chunks have no numbers left refuses writes", "[limits]") {
  MemoryEnv env;
  EventStore store(&env, {.max_payload_chunks = 2});
  REQUIRE(store.files().Open());
  const auto dispatch = [&store](uint8_t number) {
    const Json body = {{"topic", "demo.a"}, {"payload", {{"a", std::string(100'000, 'x')}}}};
    Entropy entropy;
    entropy.bytes.fill(number);
    return store.ledger().Dispatch(*ParseDispatchRequest(body), {}, {number}, entropy);
  };
  REQUIRE(dispatch(1));
  REQUIRE(dispatch(2));
  const auto refused = dispatch(3);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kStorage);
  Checkpoint(store);
  EventStore again(&env, {.max_payload_chunks = 2});
  REQUIRE(OpenWhole(again));
  CHECK(SnapshotOf(again) == SnapshotOf(store));
  CHECK_FALSE(again.ledger().Remove(Uuid{}));
}

TEST_CASE("a manifest with numbers that have no room is damaged", "[limits]") {
  Manifest manifest;
  manifest.number = 1;
  manifest.payloads.push_back({.number = 1, .bytes = 100, .chunks = {{1, 8, 10}}});
  REQUIRE(DecodeManifest(EncodeManifest(manifest)));
  manifest.payloads[0].chunks[0].chunk = TextRef::kMaxChunks;
  CHECK(DecodeManifest(EncodeManifest(manifest)).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("an outbox of a newer format is refused, and nothing is changed", "[limits]") {
  MemoryEnv env;
  NoteFile file(&env, kOutboxPrefix);
  file.Rewrite({"a", "b"});
  REQUIRE(file.BeginCommit());
  const auto with_first = [&env](std::string_view note) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.Fixed(static_cast<uint32_t>(note.size()));
    writer.Fixed(Checksum(note));
    bytes += note;
    env.files[FileName(kOutboxPrefix, 2)] = bytes;
    return NoteFile(&env, kOutboxPrefix).Open();
  };
  const auto before = env.files;
  const auto refused = with_first("2 17");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kState);
  CHECK(
      refused.error().message ==
      "outbox-00000002: the file has format 2, this version reads up to 1: open it with the newer "
      "version; nothing was changed");
  env.files.erase(FileName(kOutboxPrefix, 2));
  CHECK(env.files == before);
  CHECK(with_first("x y").value() ==
        std::vector<std::string>{"a", "b"});  // damaged: the one before
}

TEST_CASE("what is noted after a damaged outbox was opened stays", "[limits]") {
  MemoryEnv env;
  NoteFile file(&env, kOutboxPrefix);
  file.Append("old");
  REQUIRE(file.BeginCommit());
  file.Committed(true);
  env.files.at("outbox-00000001")[0] ^= 1;
  NoteFile second(&env, kOutboxPrefix);
  CHECK(second.Open().value().empty());
  for (const std::string note : {"a", "b", "c"}) {
    second.Append(note);
    REQUIRE(second.BeginCommit());
    second.Committed(true);
  }
  CHECK(NoteFile(&env, kOutboxPrefix).Open().value() == std::vector<std::string>{"a", "b", "c"});
  CHECK(env.files.size() == 1);
}

TEST_CASE("the newest outbox is found when its number gets a digit more", "[limits]") {
  MemoryEnv env;
  NoteFile file(&env, kOutboxPrefix);
  file.Append("old");
  REQUIRE(file.BeginCommit());
  env.files["outbox-99999999"] = env.files[FileName(kOutboxPrefix, 1)];
  env.files.erase(FileName(kOutboxPrefix, 1));
  NoteFile second(&env, kOutboxPrefix);
  REQUIRE(second.Open());
  second.Rewrite({"new"});
  REQUIRE(second.BeginCommit());
  REQUIRE(env.files.contains("outbox-100000000"));
  CHECK(NoteFile(&env, kOutboxPrefix).Open().value() == std::vector<std::string>{"new"});
}

}  // namespace
}  // namespace cuesheet::testing
