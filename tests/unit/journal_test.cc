#include <catch2/catch_amalgamated.hpp>

#include "journal/record.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

constexpr const char* kSegment = "journal-00000001";

std::string Everything(const EventStore& store) {
  std::string out;
  EventQuery query;
  query.include_logs = true;
  query.first = kMaxPageSize;
  store.answers().AppendPage(out, query, EventForm::kRest);
  return out;
}

// A store with inserts, an update, a replacement and a removal, committed.
void Fill(StoreFixture& f) {
  const Uuid a = f.Dispatch(R"({"topic":"demo.a","hash":"k","payload":{"x":[1,2]}})");
  const Uuid b = f.Dispatch(R"({"topic":"demo.b","project":"show","sender":"s"})");
  f.Dispatch(R"({"topic":"demo.c","dependsOn":")" + b.Hex() + "\"}");
  const Uuid d = f.Dispatch(R"({"topic":"demo.d"})");
  CUE_ASSERT(f.Update(b, R"({"status":"failed","retries":-3,"summary":{"é":null}})").has_value());
  f.Dispatch(R"({"topic":"demo.e","hash":"k","reuse":true})");
  CUE_ASSERT(f.store.ledger().Remove(d).has_value());
  (void)a;
  f.Commit();
}

TEST_CASE("what was committed is there after opening again") {
  StoreFixture f;
  Fill(f);
  EventStore reopened(&f.env);
  const auto recovery = reopened.files().Open();
  REQUIRE(recovery);
  CHECK(recovery->sequence == 7);
  CHECK(recovery->cut_bytes == 0);
  CHECK(Everything(reopened) == Everything(f.store));
}

TEST_CASE("a tail torn at any byte is cut off and what came before it is there") {
  StoreFixture f;
  Fill(f);
  const std::string whole = f.env.files[kSegment];
  for (size_t size = 0; size < whole.size(); ++size) {
    MemoryEnv env;
    env.files[kSegment] = whole.substr(0, size);
    EventStore store(&env);
    const auto recovery = store.files().Open();
    REQUIRE(recovery);
    CHECK(recovery->sequence < 7);
    CHECK(env.files[kSegment].size() + recovery->cut_bytes == size);
    // and the store goes on from there
    const auto request = ParseDispatchRequest(Json::parse(R"({"topic":"demo.z"})"));
    REQUIRE(store.ledger().Dispatch(*request, {}, {1}, {}));
    REQUIRE(store.files().BeginCommit());
    REQUIRE(store.files().Committed(true));
    EventStore again(&env);
    REQUIRE(again.files().Open());
    CHECK(Everything(again) == Everything(store));
  }
}

TEST_CASE("a flipped bit never passes") {
  StoreFixture f;
  Fill(f);
  const std::string whole = f.env.files[kSegment];
  for (size_t at = 8; at < whole.size(); ++at) {
    MemoryEnv env;
    env.files[kSegment] = whole;
    env.files[kSegment][at] = static_cast<char>(env.files[kSegment][at] ^ 0x10);
    EventStore store(&env);
    const auto recovery = store.files().Open();
    REQUIRE(recovery);
    CHECK(recovery->sequence < 7);
    CHECK(recovery->cut_bytes > 0);
  }
}

TEST_CASE("a damaged segment before the last one is told, and what can be read is there") {
  StoreFixture f;
  Fill(f);
  f.env.files["journal-00000002"] = f.env.files[kSegment].substr(0, 8);
  f.env.files[kSegment][40] ^= 1;
  EventStore store(&f.env);
  const auto recovery = store.files().Open();
  REQUIRE(recovery);
  REQUIRE(recovery->lost.size() == 1);
  CHECK(recovery->lost[0].starts_with("journal-00000001 at byte 8:"));
  CHECK(f.env.files.contains(kSegment));
  CHECK(store.view().table().size() == 0);
}

TEST_CASE("while a commit is on its way no file changes and new records wait") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"demo.a"})");
  REQUIRE(f.store.files().BeginCommit());
  const auto files = f.env.files;
  f.Dispatch(R"({"topic":"demo.b"})");
  CHECK(f.env.files == files);
  CHECK(f.store.files().BeginCommit().error().code == ErrorCode::kState);
  CHECK(f.store.files().durable_sequence() == 0);
  REQUIRE(f.store.files().Committed(true));
  CHECK(f.store.files().durable_sequence() == 1);
  f.Commit();
  CHECK(f.store.files().durable_sequence() == 2);
}

TEST_CASE("a commit that failed is written again, once") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"demo.a"})");
  f.Commit();
  f.Dispatch(R"({"topic":"demo.b"})");
  SECTION("the host could not make it durable") {
    REQUIRE(f.store.files().BeginCommit());
    REQUIRE(f.store.files().Committed(false));
  }
  SECTION("the host could not even cut the file back") {
    REQUIRE(f.store.files().BeginCommit());
    f.env.fails = [](std::string_view operation, const std::string&) {
      return operation == "truncate";
    };
    REQUIRE(f.store.files().Committed(false));
  }
  SECTION("the file took nothing") {
    f.env.fails = [](std::string_view operation, const std::string&) {
      return operation == "append";
    };
    CHECK(f.store.files().BeginCommit().error().code == ErrorCode::kStorage);
  }
  f.env.fails = nullptr;
  f.Dispatch(R"({"topic":"demo.c"})");
  f.Commit();
  EventStore reopened(&f.env);
  REQUIRE(reopened.files().Open());
  CHECK(Everything(reopened) == Everything(f.store));
  CHECK(reopened.view().sequence() == 3);
}

TEST_CASE("a segment is sealed when it is full") {
  StoreFixture f;
  const std::string big =
      R"({"topic":"demo.a","description":")" + std::string(100'000, 'x') + "\"}";
  for (int i = 0; i < 6; ++i) {
    f.Dispatch(big);
    f.Commit();
  }
  CHECK(f.env.files.size() == 2);
  CHECK(f.env.files[kSegment].size() < kSegmentBytes + 110'000);
  EventStore reopened(&f.env);
  REQUIRE(reopened.files().Open());
  CHECK(Everything(reopened) == Everything(f.store));
}

TEST_CASE("a record that no store can have written is refused, whatever its checksum") {
  const auto is_refused = [](auto damage) {
    Change change{.sequence = 1, .fields = FieldSet::All()};
    damage(change.event);
    std::string bytes;
    AppendRecord(bytes, change);
    const auto read = ParseRecordBody(FirstRecordBody(bytes).value());
    return !read && read.error().code == ErrorCode::kCorrupt;
  };
  CHECK_FALSE(is_refused([](Event&) {}));
  CHECK_FALSE(is_refused([](Event& e) { e.summary = R"({"\"":0.1234567890123456})"; }));
  CHECK(is_refused([](Event& e) { e.summary = R"({"entityId)"; }));
  CHECK(is_refused([](Event& e) { e.summary = R"({"b":1,"a":2})"; }));
  CHECK(is_refused([](Event& e) { e.summary = "[]"; }));
  CHECK(is_refused([](Event& e) { e.payload = ""; }));
  CHECK(is_refused([](Event& e) { e.created_at.us = INT64_MIN; }));
  CHECK(is_refused([](Event& e) { e.updated_at.us = INT64_MAX; }));
  CHECK(is_refused([](Event& e) { e.creation_order = kMaxCreationOrder + 1; }));
}

TEST_CASE("records survive a round trip, whatever fields they carry") {
  Change change{.sequence = 300, .kind = ChangeKind::kReplaced};
  change.previous_id.bytes.fill(7);
  change.event.id.bytes.fill(9);
  change.event.sender = "";
  change.event.status = EventStatus::kRestarted;
  change.event.retries = -1;
  change.event.updated_at = {-5};
  change.fields = FieldSet()
                      .Add(Field::kSender)
                      .Add(Field::kStatus)
                      .Add(Field::kRetries)
                      .Add(Field::kUpdatedAt);
  std::string bytes;
  AppendRecord(bytes, change);
  const auto body = FirstRecordBody(bytes);
  REQUIRE(body);
  const auto read = ParseRecordBody(*body);
  REQUIRE(read);
  CHECK(read->sequence == 300);
  CHECK(read->previous_id == change.previous_id);
  CHECK(read->event.sender == "");
  CHECK(read->event.status == EventStatus::kRestarted);
  CHECK(read->event.retries == -1);
  CHECK(read->event.updated_at.us == -5);
}

}  // namespace
}  // namespace cuesheet::testing
