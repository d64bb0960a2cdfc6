#include "event/request.h"

#include <catch2/catch_amalgamated.hpp>

#include "event/event.h"
#include "event/names.h"

namespace cuesheet {
namespace {

std::string Error(std::string_view body) {
  const auto parsed = ParseDispatchRequest(Json::parse(body));
  return parsed ? "" : ValidationSentence(parsed.error());
}

std::string UpdateError(std::string_view body) {
  const auto parsed = ParseUpdateRequest(Json::parse(body));
  return parsed ? "" : ValidationSentence(parsed.error());
}

TEST_CASE("topics keep AYON's pattern") {
  CHECK(IsTopic("abc"));
  CHECK(IsTopic("a.*"));
  CHECK(IsTopic(std::string(65, 'a')));
  for (const std::string& bad : {std::string("ab"), std::string("1ab"), std::string("a-b-c"),
                                 std::string(66, 'a'), std::string("abc\n"), std::string()}) {
    CAPTURE(bad);
    CHECK_FALSE(IsTopic(bad));
  }
}

TEST_CASE("a topic pattern matches the whole topic") {
  CHECK(MatchesTopicPattern("entity.folder.created", "entity.*"));
  CHECK_FALSE(MatchesTopicPattern("entity", "entity.*"));
  CHECK_FALSE(MatchesTopicPattern("entityfoo.created", "entity.*"));
  CHECK(MatchesTopicPattern("xAyBz", "x*y*z"));
  CHECK(MatchesTopicPattern("a_b", "a_b"));
  CHECK(MatchesTopicPattern("axb", "a_b"));
}

TEST_CASE("each body reads the fields that the table lets it write, and no other") {
  for (const FieldInfo& info : kFields) {
    CAPTURE(info.name);
    for (const std::string_view name : {info.name, info.column}) {
      // No field has a list of numbers for its value.
      Json body = {{"topic", "demo.a"}};
      body[name] = Json::array({1});
      // The id of a dispatch is read by the hub, which knows whether it is free.
      const bool is_dispatched = info.IsWrittenBy(kDispatchBody) && info.field != Field::kId;
      CHECK(ParseDispatchRequest(body).has_value() == !is_dispatched);
      CHECK(ParseUpdateRequest(body).has_value() == !info.IsWrittenBy(kUpdateBody));
    }
  }
}

TEST_CASE("a dispatch body is read as leniently as AYON reads it") {
  const auto parsed = ParseDispatchRequest(Json::parse(
      R"({"topic":"demo.a","sender":5,"finished":"no","depends_on":"e0000000000000000000000000000001",
          "summary":[["a",1]],"description":null,"user":"eve","unknown":1})"));
  REQUIRE(parsed);
  CHECK(parsed->sender == "5");
  CHECK_FALSE(parsed->finished);
  CHECK(parsed->depends_on == "e0000000000000000000000000000001");
  CHECK(parsed->summary == R"({"a":1})");
  CHECK(parsed->description.empty());
}

TEST_CASE("U+0000 is refused in every text, because a stock server fails with it") {
  for (const char* body :
       {R"({"topic":"demo.a","description":"a\u0000b"})", R"({"topic":"demo.a","hash":"\u0000"})",
        R"({"topic":"demo.a","summary":{"k":["\u0000"]}})",
        R"({"topic":"demo.a","payload":{"\u0000":1}})",
        R"({"topic":"demo.a","summary":{"k":"\\\u0000"}})"}) {
    CAPTURE(body);
    CHECK(Error(body).ends_with("U+0000 cannot be stored: leave it out"));
  }
  CHECK(UpdateError(R"({"summary":{"k":"\u0000"}})") ==
        "summary: U+0000 cannot be stored: leave it out");
  CHECK(Error(R"({"topic":"demo.a","summary":{"k":"\\u0000 is text"}})").empty());
}

TEST_CASE("camelCase wins over snake_case") {
  const auto parsed =
      ParseDispatchRequest(Json::parse(R"({"topic":"abc","depends_on":"x","dependsOn":null})"));
  REQUIRE(parsed);
  CHECK_FALSE(parsed->depends_on);
}

TEST_CASE("every wrong field is named with AYON's words") {
  CHECK(Error("{}") == "topic: field required");
  CHECK(Error(R"({"topic":null})") == "topic: none is not an allowed value");
  CHECK(Error(R"({"topic":[]})") == "topic: str type expected");
  CHECK(Error(R"({"topic":"ab"})").starts_with("topic: string does not match regex"));
  CHECK(Error(R"({"topic":"abc","project":"-x"})").starts_with("project: string does not match"));
  CHECK(Error(R"({"topic":"abc","dependsOn":"abc"})") ==
        "dependsOn: ensure this value has at least 32 characters");
  CHECK(Error(R"({"topic":"abc","payload":"x","finished":null})") ==
        "payload: value is not a valid dict; finished: none is not an allowed value");
  CHECK(Error(R"([])") == "body: value is not a valid dict");
  CHECK(UpdateError(R"({"progress":101})") ==
        "progress: ensure this value is less than or equal to 100");
  CHECK(UpdateError(R"({"progress":-1})") ==
        "progress: ensure this value is greater than or equal to 0");
  CHECK(UpdateError(R"({"status":"Finished"})").starts_with("status: unexpected value"));
  CHECK(UpdateError(R"({"retries":"x"})") == "retries: value is not a valid integer");
}

TEST_CASE("the validation body is AYON's") {
  const auto parsed = ParseDispatchRequest(Json::object());
  const Json body = Json::parse(ValidationBody("POST", "/api/events", parsed.error()));
  CHECK(body == Json::parse(R"({"code":400,"path":"/api/events",
      "detail":"Request validation error in [POST] /api/events",
      "traceback":"topic: field required",
      "errors":[{"loc":["body","topic"],"msg":"field required","type":"value_error.missing"}]})"));
}

}  // namespace
}  // namespace cuesheet
