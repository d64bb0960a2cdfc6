#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

Json Counts(const StoreFixture& f, std::string_view arguments) {
  std::string out;
  f.store.answers().AppendCounts(out, CountRequest::Parse(Json::parse(arguments)).value());
  return Json::parse(out);
}

std::string Values(const Json& facet) {
  std::string text;
  for (const Json& value : facet["values"]) {
    text += value["value"].dump() + '=' + value["count"].dump() + ' ';
  }
  return text;
}

void Fill(StoreFixture& f) {
  f.Dispatch(R"({"topic":"demo.a","project":"one"})");
  f.Dispatch(R"({"topic":"demo.a","project":"two","finished":false})");
  f.Dispatch(R"({"topic":"demo.b","project":"one","sender":"s"})");
  f.Dispatch(R"({"topic":"log.info"})");
}

TEST_CASE("kept counts say what counting says") {
  StoreFixture f;
  Fill(f);
  const std::string by = R"("by":["topic","status","project","user","sender"])";
  const Json kept = Counts(f, '{' + by + '}');
  CHECK(kept["total"] == 3);
  CHECK(Values(kept["by"]["topic"]) == R"("demo.a"=2 "demo.b"=1 )");
  CHECK(Values(kept["by"]["status"]) == R"("finished"=2 "pending"=1 )");
  CHECK(Values(kept["by"]["project"]) == R"("one"=2 "two"=1 )");
  CHECK(Values(kept["by"]["sender"]) == R"(null=2 "s"=1 )");
  CHECK(kept["by"]["topic"]["distinct"] == 2);
  CHECK(kept == Counts(f, R"({"olderThan":"2100-01-01T00:00:00",)" + by + '}'));
  const Json all = Counts(f, R"({"includeLogs":true,)" + by + '}');
  CHECK(all["total"] == 4);
  CHECK(Values(all["by"]["project"]) == R"("one"=2 null=1 "two"=1 )");
  CHECK(all == Counts(f, R"({"includeLogs":true,"olderThan":"2100-01-01T00:00:00",)" + by + '}'));
}

TEST_CASE("kept counts follow updates and removals") {
  StoreFixture f;
  Fill(f);
  const Uuid id = f.Dispatch(R"({"topic":"demo.b","project":"one","finished":false})");
  REQUIRE(f.Update(id, R"({"status":"failed","project":"three","user":"otto"})"));
  CHECK(Values(Counts(f, R"({"by":["status"]})")["by"]["status"]) ==
        R"("finished"=2 "failed"=1 "pending"=1 )");
  CHECK(Values(Counts(f, R"({"by":["user"]})")["by"]["user"]) == R"("mona"=3 "otto"=1 )");
  REQUIRE(f.store.ledger().Remove(id));
  CHECK(Values(Counts(f, R"({"by":["project"]})")["by"]["project"]) == R"("one"=2 "two"=1 )");
}

TEST_CASE("counts and histogram of a query") {
  StoreFixture f;
  Fill(f);
  const Json counts = Counts(f, R"({"projects":["one"],"by":["topic"],"histogram":{"buckets":2}})");
  CHECK(counts["total"] == 2);
  CHECK(Values(counts["by"]["topic"]) == R"("demo.a"=1 "demo.b"=1 )");
  CHECK(counts["histogram"]["counts"] == Json::parse("[1,1]"));
  CHECK(counts["histogram"]["from"] == "2026-03-20T09:46:41+00:00");
  const Json empty = Counts(f, R"({"topics":["nothing.at.all"],"histogram":{"buckets":3}})");
  CHECK(empty["histogram"]["counts"] == Json::parse("[0,0,0]"));
}

TEST_CASE("a count request that makes no sense is refused with the part named") {
  for (const auto& [arguments, part] :
       {std::pair(R"({"by":["colour"]})", "by:"), std::pair(R"({"by":"topic"})", "by:"),
        std::pair(R"({"histogram":{"buckets":0}})", "histogram.buckets:"),
        std::pair(R"({"histogram":{"from":"yesterday"}})", "histogram.from:")}) {
    const auto refused = CountRequest::Parse(Json::parse(arguments));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with(part));
  }
}

}  // namespace
}  // namespace cuesheet::testing
