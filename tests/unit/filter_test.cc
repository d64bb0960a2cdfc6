#include <catch2/catch_amalgamated.hpp>

#include "query/filter_matcher.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

std::string Refusal(std::string_view filter) {
  const auto parsed = QueryFilter::Parse(Json::parse(filter));
  return parsed ? "" : parsed.error().message;
}

bool Matches(std::string_view filter, std::string_view event) {
  StoreFixture f;
  const Uuid id = f.Dispatch(event);
  const QueryFilter parsed = QueryFilter::Parse(Json::parse(filter)).value();
  const EventTable& table = f.store.view().table();
  return FilterMatcher(parsed, table).Matches(table.FindById(id));
}

TEST_CASE("a refused filter names the offending part") {
  CHECK(Refusal(R"({"conditions":[{"key":"topic","value":null}]})") ==
        "filter.conditions[0].value: missing or null");
  CHECK(Refusal(R"({"conditions":[{"conditions":[{"key":"nope","value":1}]}]})") ==
        "filter.conditions[0].conditions[0].key: events have no attribute 'nope'");
  CHECK(Refusal(R"({"conditions":[{"key":"topic","operator":"contains","value":"x"}]})") ==
        "filter.conditions[0].operator: there is no operator \"contains\"");
  CHECK(
      Refusal(R"({"conditions":[{}]})").starts_with("filter.conditions[0]: expected a condition"));
  CHECK(Refusal(R"("topic")") == "filter: expected an object with conditions");
  CHECK(Refusal(R"({"conditions":[{"key":"summary","value":1}]})").find("need a path") !=
        std::string::npos);
  CHECK(Refusal(R"({"conditions":[{"key":"topic","operator":"isnull","value":{}}]})") ==
        "filter.conditions[0].value: an object cannot be compared");
  CHECK(Refusal(R"({"conditions":[{"key":"topic","operator":"like","value":"50%\\"}]})")
            .starts_with("filter.conditions[0].value: the pattern ends with"));
  CHECK(Refusal(R"({"conditions":[{"key":"topic","operator":"like","value":"50%\\\\"}]})").empty());
}

TEST_CASE("limits on depth and size are named") {
  std::string deep = R"({"conditions":[]})";
  for (size_t i = 0; i < kMaxFilterDepth; ++i) deep = R"({"conditions":[)" + deep + "]}";
  CHECK(Refusal(deep).find("32") != std::string::npos);
  std::string wide = R"({"conditions":[)";
  for (size_t i = 0; i <= kMaxFilterConditions; ++i) {
    wide += std::string(i == 0 ? "" : ",") + R"({"key":"topic","value":"x"})";
  }
  CHECK(Refusal(wide + "]}").find("1000") != std::string::npos);
  const std::string like =
      R"({"conditions":[{"key":"topic","operator":"like","value":")" + std::string(1000, '%');
  CHECK(Refusal(like + "\"}]}").empty());
  CHECK(Refusal(like + "%\"}]}") ==
        "filter.conditions[0].value: the pattern is longer than 1000 bytes");
}

TEST_CASE("a stored value that does not fit an operator does not match, it fails nothing") {
  const char* event = R"({"topic":"demo.a","payload":{"flag":null,"tags":"x","n":"1"}})";
  CHECK_FALSE(Matches(R"({"conditions":[{"key":"payload/flag","value":true}]})", event));
  CHECK_FALSE(Matches(
      R"({"conditions":[{"key":"payload/tags","operator":"excludes","value":"y"}]})", event));
  CHECK_FALSE(
      Matches(R"({"conditions":[{"key":"payload/n","operator":"in","value":[1]}]})", event));
}

TEST_CASE("numbers compare across integer and float, exactly for large integers") {
  const char* event = R"({"topic":"demo.a","payload":{"n":9007199254740993}})";
  CHECK(Matches(R"({"conditions":[{"key":"payload/n","value":9007199254740993}]})", event));
  CHECK_FALSE(Matches(R"({"conditions":[{"key":"payload/n","value":9007199254740992}]})", event));
  CHECK_FALSE(Matches(R"({"conditions":[{"key":"payload/n","value":9007199254740992.0}]})", event));
  CHECK(Matches(
      R"({"conditions":[{"key":"payload/n","operator":"gt","value":9007199254740992.0}]})", event));
  CHECK_FALSE(Matches(
      R"({"conditions":[{"key":"payload/n","operator":"in","value":[9007199254740992]}]})", event));
}

TEST_CASE("integers beyond 64 bits with a sign are above all others") {
  const char* event = R"({"topic":"demo.a","payload":{"n":12345678901234567890}})";
  CHECK(Matches(R"({"conditions":[{"key":"payload/n","operator":"gt","value":3}]})", event));
  CHECK(Matches(R"({"conditions":[{"key":"payload/n","operator":"gt","value":-1.5}]})", event));
  CHECK(Matches(R"({"conditions":[{"key":"payload/n","operator":"lt","value":1e20}]})", event));
  CHECK_FALSE(
      Matches(R"({"conditions":[{"key":"payload/n","value":-6101065172474983726}]})", event));
}

TEST_CASE("integers and floats of either sign are in order") {
  const auto below = [](const std::string& stored, const std::string& value) {
    return Matches(R"({"conditions":[{"key":"payload/n","operator":"lt","value":)" + value + "}]}",
                   R"({"topic":"demo.a","payload":{"n":)" + stored + "}}");
  };
  CHECK(below("-2", "-1.5"));
  CHECK_FALSE(below("-1", "-1.5"));
  CHECK(below("-1.5", "-1"));
  CHECK(below("0", "0.5"));
  CHECK_FALSE(below("1", "0.5"));
  CHECK_FALSE(below("1", "1.0"));
  CHECK(below("5", "1e300"));
  CHECK_FALSE(below("5", "-1e300"));
}

TEST_CASE("like knows escapes, any run and any one character") {
  const auto like = [](const std::string& description, const std::string& pattern) {
    const Json event = {{"topic", "demo.a"}, {"description", description}};
    const Json filter = {
        {"conditions", {{{"key", "description"}, {"operator", "like"}, {"value", pattern}}}}};
    return Matches(filter.dump(), event.dump());
  };
  CHECK(like("Rendering sh010", "render%010"));
  CHECK(like("50%", "50\\%"));
  CHECK_FALSE(like("50x", "50\\%"));
  CHECK(like("kůň", "k_ň"));
  CHECK_FALSE(like("abc", "ab"));
  CHECK(like("", "%"));
}

}  // namespace
}  // namespace cuesheet::testing
