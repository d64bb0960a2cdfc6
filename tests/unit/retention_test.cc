#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

size_t Retain(StoreFixture& f, std::string_view rules) {
  return f.store.ledger()
      .Retain(ParseRetentionRules(Json::parse(rules)).value(), {f.now_us})
      .value();
}

TEST_CASE("the newest of a pattern stay") {
  StoreFixture f;
  for (const char* topic : {"log.a", "demo.x", "log.b", "log.c", "demo.y"}) {
    f.Dispatch(std::string(R"({"topic":")") + topic + "\"}");
  }
  CHECK(Retain(f, R"({"rules":[{"topics":"log.*","maxEvents":1}]})") == 2);
  CHECK(Topics(f.Query(R"({"includeLogs":true})")) == "demo.x log.c demo.y");
  CHECK(Retain(f, R"({"rules":[{"topics":"log.*","maxEvents":1}]})") == 0);
}

TEST_CASE("age counts from the last update") {
  StoreFixture f;
  const Uuid touched = f.Dispatch(R"({"topic":"demo.touched"})");
  f.Dispatch(R"({"topic":"demo.old"})");
  f.now_us += 100'000'000;
  REQUIRE(f.Update(touched, R"({"description":"still in use"})"));
  CHECK(Retain(f, R"({"rules":[{"topics":"demo.*","maxAgeSeconds":60}]})") == 1);
  CHECK(Topics(f.Query("{}")) == "demo.touched");
}

TEST_CASE("a parent goes only with all that depends on it") {
  StoreFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.parent"})");
  const std::string depends = R"(","dependsOn":")" + parent.Hex() + "\"}";
  f.Dispatch(R"({"topic":"demo.child)" + depends);
  const Uuid kept = f.Dispatch(R"({"topic":"kept.child)" + depends);
  const std::string_view rules = R"({"rules":[{"topics":"demo.*","maxEvents":0}]})";
  CHECK(Retain(f, rules) == 1);
  CHECK(f.store.view().table().size() == 2);
  REQUIRE(f.store.ledger().Remove(kept));
  CHECK(Retain(f, rules) == 1);
  CHECK(f.store.view().table().size() == 0);
}

TEST_CASE("a call has a bound and the next one goes on") {
  StoreFixture f;
  for (size_t i = 0; i < kMaxRetired + 5; ++i) f.Dispatch(R"({"topic":"demo.many"})");
  const std::string_view rules = R"({"rules":[{"topics":"*","maxEvents":0}]})";
  CHECK(Retain(f, rules) == kMaxRetired);
  CHECK(Retain(f, rules) == 5);
}

TEST_CASE("rules that keep everything or mean nothing are refused") {
  for (const std::string_view rules :
       {R"({})", R"({"rules":[{}]})", R"({"rules":[{"topics":"a.b"}]})",
        R"({"rules":[{"topics":"a.b","maxEvents":-1}]})"}) {
    CHECK_FALSE(ParseRetentionRules(Json::parse(rules)));
  }
}

}  // namespace
}  // namespace cuesheet::testing
