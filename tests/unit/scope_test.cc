#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

Result<Ledger::Retained> Retain(StoreFixture& f, std::string_view body) {
  auto request = ParseRetainRequest(Json::parse(body));
  if (!request) return std::unexpected(request.error());
  return f.store.ledger().Retain(*std::move(request), {f.now_us});
}

std::string Kept(const StoreFixture& f) {
  return Topics(f.Query(R"({"includeLogs":true,"first":100})"));
}

Event Upstream(std::string_view topic, uint8_t number) {
  Event event;
  event.id.bytes.fill(number);
  event.topic = topic;
  event.created_at = event.updated_at = {1'774'000'000'000'000};
  event.creation_order = number;
  return event;
}

TEST_CASE("a scope keeps its topics and projects and removes everything else") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"render.a","project":"aurora"})");
  f.Dispatch(R"({"topic":"render.b","project":"borealis"})");
  f.Dispatch(R"({"topic":"render.c"})");
  f.Dispatch(R"({"topic":"entity.a","project":"aurora"})");
  const auto done = Retain(f, R"({"scope":{"topics":["render.*"],"projects":["aurora"]}})");
  REQUIRE(done);
  CHECK(done->removed == 3);
  CHECK_FALSE(done->more);
  CHECK(Kept(f) == "render.a");
}

TEST_CASE("a scope removes what is too old, then the oldest until its number holds") {
  StoreFixture f;
  for (const char* topic : {"demo.a", "demo.b"}) {
    f.Dispatch(std::string(R"({"topic":")") + topic + "\"}");
  }
  f.now_us += 3'600'000'000;
  for (const char* topic : {"demo.c", "demo.d", "demo.e"}) {
    f.Dispatch(std::string(R"({"topic":")") + topic + "\"}");
  }
  CHECK(Retain(f, R"({"scope":{"maxAge":60,"maxEvents":4}})")->removed == 2);
  CHECK(Kept(f) == "demo.c demo.d demo.e");
  CHECK(Retain(f, R"({"scope":{"maxEvents":1}})")->removed == 2);
  CHECK(Kept(f) == "demo.e");
}

TEST_CASE("bytes count texts, payloads and a fixed cost of each event") {
  StoreFixture f;
  const std::string text(1000, 'x');
  for (const char* topic : {"demo.a", "demo.b", "demo.c"}) {
    f.Dispatch(std::string(R"({"topic":")") + topic + R"(","description":")" + text +
               R"(","payload":{"k":")" + text + "\"}}");
  }
  const int64_t each = 1000 + 1000 + 8 + kScopeRowBytes;  // an empty summary takes none
  const auto limit = [](int64_t bytes) {
    return R"({"scope":{"maxBytes":)" + std::to_string(bytes) + "}}";
  };
  CHECK(Retain(f, limit(3 * each))->removed == 0);
  CHECK(Retain(f, limit(3 * each - 1))->removed == 1);
  CHECK(Kept(f) == "demo.b demo.c");
}

TEST_CASE("a scope removes no event that is pinned, none with a child that stays") {
  StoreFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.parent"})");
  f.Dispatch(R"({"topic":"demo.other"})");
  const Uuid unsent = f.Dispatch(R"({"topic":"demo.unsent","dependsOn":")" + parent.Hex() + "\"}");
  f.store.ledger().Pin(unsent);
  CHECK(Retain(f, R"({"scope":{"maxEvents":0}})")->removed == 1);
  CHECK(Kept(f) == "demo.parent demo.unsent");
  CHECK(Retain(f, R"({"rules":[{"topics":"*","maxEvents":0}]})")->removed == 0);
  CHECK(Retain(f, R"({"makeRoom":true})")->removed == 0);
  f.store.ledger().Unpin(unsent);
  CHECK(Retain(f, R"({"makeRoom":false})")->removed == 2);
}

TEST_CASE("events whose place upstream is not known yet are pinned") {
  StoreFixture f;
  FieldSet fields = FieldSet::All();
  fields.Drop(Field::kHash).Drop(Field::kCreationOrder);
  REQUIRE(f.store.ledger().Merge(Upstream("demo.a", 1), fields, std::nullopt));
  CHECK(Retain(f, R"({"scope":{"maxEvents":0}})")->removed == 0);
  REQUIRE(f.store.ledger().Merge(Upstream("demo.a", 1), fields.Add(Field::kCreationOrder),
                                 std::nullopt));
  CHECK(Retain(f, R"({"scope":{"maxEvents":0}})")->removed == 1);
}

TEST_CASE("what an upstream says of events outside of the scope is not taken in") {
  StoreFixture f;
  REQUIRE(Retain(f, R"({"scope":{"topics":["render.*"]}})"));
  const FieldSet fields = FieldSet::All().Drop(Field::kHash);
  REQUIRE(f.store.ledger().Merge(Upstream("render.a", 1), fields, std::nullopt));
  REQUIRE(f.store.ledger().Merge(Upstream("entity.a", 2), fields, std::nullopt));
  CHECK(Kept(f) == "render.a");
  CHECK(f.store.view().sequence() == 1);
}

TEST_CASE("room is made of the oldest tenth") {
  StoreFixture f;
  for (int i = 0; i < 25; ++i) f.Dispatch(R"({"topic":"demo.x"})");
  CHECK(Retain(f, R"({"makeRoom":true})")->removed == 3);
  CHECK(f.store.view().table().MaxCreationOrder() == 25);
}

TEST_CASE("a scope in slices says that there is more, and ends") {
  StoreFixture f;
  for (size_t i = 0; i < kMaxRetired + 5; ++i) f.Dispatch(R"({"topic":"demo.x"})");
  CHECK(Retain(f, R"({"scope":{"maxEvents":0}})")->more);
  const auto rest = Retain(f, R"({"scope":{"maxEvents":0}})");
  CHECK(rest->removed == 5);
  CHECK_FALSE(rest->more);
}

TEST_CASE("a scope is refused with the key that is wrong") {
  StoreFixture f;
  const auto refusal = [&f](std::string_view scope) {
    const auto done = Retain(f, R"({"scope":)" + std::string(scope) + "}");
    return done ? std::string() : done.error().message.substr(0, done.error().message.find(':'));
  };
  CHECK(refusal("[]") == "scope");
  CHECK(refusal(R"({"maxevents":1})") == "scope.maxevents");
  CHECK(refusal(R"({"maxEvents":-1})") == "scope.maxEvents");
  CHECK(refusal(R"({"maxAge":1.5})") == "scope.maxAge");
  CHECK(refusal(R"({"maxBytes":18446744073709551615})") == "scope.maxBytes");
  CHECK(refusal(R"({"topics":[]})") == "scope.topics");
  CHECK(refusal(R"({"projects":[null]})") == "scope.projects");
  CHECK(refusal(R"({"topics":["demo.*"],"maxAge":null})").empty());
}

}  // namespace
}  // namespace cuesheet::testing
