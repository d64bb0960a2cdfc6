#include "replica/upstream_answer.h"

#include <catch2/catch_amalgamated.hpp>

#include "base/json.h"

namespace cuesheet::testing {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kHtml = "text/html; charset=utf-8";

AnswerSource Source(AskedFor asked, int status, std::string_view type, std::string_view body) {
  return SourceOf(asked, {status, body, type}, ParseJson(body).value_or(Json()));
}

TEST_CASE("the answers of an upstream are known by status, type and shape") {
  const std::string id = R"({"id":"e0000000000000000000000000000001"})";
  const auto is_own = [](AskedFor asked, int status, std::string_view type, std::string_view body) {
    return Source(asked, status, type, body) == AnswerSource::kUpstream;
  };
  CHECK(is_own(AskedFor::kDispatch, 200, kJson, id));
  CHECK(is_own(AskedFor::kDispatch, 200, "Application/JSON ; charset=utf-8", id));
  CHECK(is_own(AskedFor::kBatch, 200, kJson, "[]"));
  CHECK(is_own(AskedFor::kUpdate, 204, "", ""));
  CHECK(is_own(AskedFor::kRemove, 204, "", ""));
  CHECK(is_own(AskedFor::kEnroll, 204, "", ""));
  CHECK(is_own(AskedFor::kEnroll, 200, kJson, id));
  CHECK(is_own(AskedFor::kUser, 200, kJson, R"({"name":"adm"})"));
  CHECK(is_own(AskedFor::kLogin, 200, kJson, R"({"detail":"no","token":null})"));
  CHECK(is_own(AskedFor::kSnapshot, 200, "application/x-ndjson", ""));
  CHECK(is_own(AskedFor::kOther, 200, kJson, "null"));
  const auto asked = GENERATE(AskedFor::kDispatch, AskedFor::kUpdate, AskedFor::kSnapshot);
  for (const int status : {400, 401, 403, 404, 409, 413, 500, 503, 507}) {
    CHECK(is_own(asked, status, kJson, R"({"code":1,"detail":"no"})"));
  }
  CHECK(is_own(asked, 405, kJson, R"({"detail":"Method Not Allowed"})"));
  CHECK(is_own(asked, 500, "text/plain; charset=utf-8", "Internal Server Error"));
  CHECK(is_own(AskedFor::kGraphql, 400, "text/plain", "No GraphQL query found in the request"));
}

TEST_CASE("everything else is somebody else's, or none") {
  const auto asked = GENERATE(AskedFor::kDispatch, AskedFor::kBatch, AskedFor::kUpdate,
                              AskedFor::kRemove, AskedFor::kEvent, AskedFor::kEnroll,
                              AskedFor::kUser, AskedFor::kLogin, AskedFor::kSnapshot);
  CHECK(Source(asked, 0, "", "") == AnswerSource::kNone);
  const auto is_elsewhere = [asked](int status, std::string_view type, std::string_view body) {
    return Source(asked, status, type, body) == AnswerSource::kElsewhere;
  };
  for (const int status : {200, 204, 301, 302, 307, 401, 403, 404, 413, 429, 500, 502, 503}) {
    CAPTURE(status);
    CHECK(is_elsewhere(status, kHtml, "<title>Sign in</title>"));
    CHECK(is_elsewhere(status, kHtml, R"({"detail":"no"})"));
  }
  CHECK(is_elsewhere(200, "", ""));
  CHECK(is_elsewhere(200, kJson, ""));
  CHECK(is_elsewhere(200, kJson, R"({"ok":true})"));
  CHECK(is_elsewhere(404, "text/plain", "404 page not found"));
  CHECK(is_elsewhere(403, kJson, R"({"message":"Forbidden"})"));
  CHECK(is_elsewhere(302, "", ""));
}

TEST_CASE("what came is said in a few words, however long its type is") {
  CHECK(Describe({302, "", ""}) == "HTTP 302");
  CHECK(Describe({200, "", kHtml}) == "HTTP 200, text/html; charset=utf-8");
  CHECK(Describe({200, "", std::string(500, 'x')}).size() < 100);
}

}  // namespace
}  // namespace cuesheet::testing
