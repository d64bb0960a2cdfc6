#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

TEST_CASE("a dispatch that breaks its topic is advised, or refused where the topic enforces it") {
  StoreFixture f;
  const std::string_view odd = R"({"topic":"studio.render","summary":{"frames":"ten"}})";
  f.Dispatch(R"({"topic":"studio.render","summary":{"frames":10}})");
  CHECK(f.store.ledger().advice().empty());
  f.Dispatch(odd);
  REQUIRE(f.store.ledger().advice().size() == 1);
  CHECK(f.store.ledger().advice()[0].key == "summary.frames");
  REQUIRE(f.store.ledger().Declare(Json::parse(
      R"({"topics":[{"topic":"studio.render","mode":"enforce","summary":{"frames":"number"}}]})")));
  const auto refused = f.TryDispatch(odd);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("summary.frames: "));
  CHECK(f.store.view().table().size() == 2);
}

TEST_CASE("an enforced topic takes the jobs that enroll makes") {
  StoreFixture f;
  REQUIRE(f.store.ledger().Declare(Json::parse(
      R"({"mode":"enforce","topics":[{"topic":"demo.job","summary":{"frames":"number"}}]})")));
  f.Dispatch(R"({"topic":"demo.source"})");
  const auto request =
      ParseEnrollRequest(Json::parse(R"({"sourceTopic":"demo.source","targetTopic":"demo.job"})"));
  CHECK(f.store.ledger().Enroll(*request, {"service", "w", "worker"}, f.Now(), f.Draw()).value());
}

TEST_CASE("topics are listed with their counts, and known again after a restart") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"studio.render","summary":{"frames":10}})");
  f.Dispatch(R"({"topic":"entity.task.created"})");
  f.Commit();
  EventStore again(&f.env);
  REQUIRE(again.files().Open());
  std::string out;
  again.answers().AppendTopics(out);
  bool seen = false;
  for (const Json& topic : Json::parse(out)) {
    if (topic["topic"] == "entity.task.created") CHECK(topic["count"] == 1);
    if (topic["topic"] != "studio.render") continue;
    seen = true;
    CHECK(topic["count"] == 1);
    CHECK(topic["summary"][0]["key"] == "frames");
  }
  CHECK(seen);
}

}  // namespace
}  // namespace cuesheet::testing
