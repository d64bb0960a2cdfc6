#include "event/topic_registry.h"

#include <catch2/catch_amalgamated.hpp>
#include <map>
#include <sstream>

#include "base/json.h"
#include "base/json_text.h"
#include "event/builtin_topics.h"
#include "event/names.h"

namespace cuesheet {
namespace {

constexpr std::string_view kId = "e0000000000000000000000000000001";

// "key=value;" of every member.
std::string Members(std::string_view object) {
  std::string text;
  VisitMembers(object, [&](std::string_view key, std::string_view value) {
    text += std::string(key) + "=" + std::string(value) + ";";
    return true;
  });
  return text;
}

// The keys that an event's advices name, in order.
std::string Keys(const std::vector<Advice>& advices) {
  std::string keys;
  for (const Advice& advice : advices) keys += (keys.empty() ? "" : " ") + advice.key;
  return keys;
}

std::string Deviations(const TopicRegistry& registry, std::string_view topic,
                       std::string_view summary) {
  return Keys(registry.Check(topic, summary, "Something happened"));
}

std::string DescriptionAdvice(std::string_view description) {
  const std::vector<Advice> advices = TopicRegistry().Check("studio.note", "{}", description);
  std::string text;
  for (const Advice& advice : advices) text += advice.message + ";";
  return text;
}

std::string DeclareError(std::string_view declaration) {
  TopicRegistry registry;
  const auto declared = registry.Declare(Json::parse(declaration));
  return declared
             ? ""
             : std::string(ErrorCodeName(declared.error().code)) + " " + declared.error().message;
}

void Declare(TopicRegistry& registry, std::string_view declaration) {
  REQUIRE(registry.Declare(Json::parse(declaration)));
}

Json Topics(const TopicRegistry& registry, const std::map<std::string, uint64_t>& counts = {}) {
  std::string out;
  registry.AppendTopics(out, [&](std::string_view topic) {
    const auto it = counts.find(std::string(topic));
    return it == counts.end() ? 0 : it->second;
  });
  return Json::parse(out);
}

Json TopicNamed(const Json& topics, std::string_view name) {
  for (const Json& topic : topics) {
    if (topic["topic"] == name) return topic;
  }
  return nullptr;
}

TEST_CASE("the members of an object are walked as text") {
  CHECK(Members("{}").empty());
  CHECK(Members(R"({"a":1,"b":"x,\"}","c":[1,{"d":"]"}],"d":{"e":{}},"f":null})") ==
        R"(a=1;b="x,\"}";c=[1,{"d":"]"}];d={"e":{}};f=null;)");
  CHECK(Members(R"({"a\"b":true})") == R"(a\"b=true;)");
}

TEST_CASE("text that is no object, as a damaged file may hold it, is walked within its bounds") {
  for (const char* bad :
       {"", "[]", "{", R"({"a"})", R"({"a":})", R"({"a":1,})", R"({"a":[})", R"({"a":"b})",
        R"({a:1})", R"({"a":1]})", R"({"a\)", "}}}", R"({"a":"\)"}) {
    const std::string exact(bad);  // its own allocation, so that a sanitizer sees a step too far
    Members(exact);
    MemberText(exact, "a");
  }
}

TEST_CASE("every row of the table can be read") {
  BuiltinTopics row;
  size_t topics = 0;
  size_t patterns = 0;
  while (row.Next()) {
    CAPTURE(row.name, row.keys);
    CHECK(IsTopic(row.name));
    ++(row.name.find('*') == std::string::npos ? topics : patterns);
    std::istringstream keys{std::string(row.keys)};
    for (std::string key; keys >> key;) {
      if (key == "..." && row.keys.ends_with(key)) continue;
      const size_t mark = key.find_first_of(":?");
      REQUIRE(mark != std::string::npos);
      CHECK(mark > 0);
      CHECK(key.substr(0, mark).find_first_not_of("snbzoa*") == std::string::npos);
      CHECK(key.find_first_of(":?|*.{,}", mark + 1) == std::string::npos);
      CHECK(key.size() > mark + 1);
    }
  }
  CHECK(topics > 130);
  CHECK(patterns == 9);
  const TopicRegistry registry;
  CHECK(Topics(registry).size() == topics);  // none stands there twice
}

TEST_CASE("the topics of AYON's documentation are built in") {
  TopicRegistry registry;
  const Json topics = Topics(registry);
  for (const char* topic :
       {"entity.folder.created", "entity.workfile.deleted", "entity.task.assignees_changed",
        "entity.subset.family_changed", "entity.version.author_changed",
        "entity.representation.files_changed", "log.debug", "log.success",
        "server.restart_requested", "settings.changed", "settings.deleted", "thumbnail.updated",
        "inbox.message", "heartbeat", "entity.project_skeleton.statuses_changed"}) {
    CAPTURE(topic);
    CHECK(TopicNamed(topics, topic)["builtin"] == true);
  }
  // A pattern matches whole topics; a matching topic is listed once an event had it.
  for (const char* topic :
       {"log.anything", "entity.project.something_new", "entity.task.something_changed"}) {
    CAPTURE(topic);
    CHECK(TopicNamed(topics, topic).is_null());
    CHECK_FALSE(Deviations(registry, topic, R"({"oops":1})").empty());
    registry.Note(topic, "{}");
    CHECK_FALSE(Deviations(registry, topic, R"({"oops":1})").empty());
    CHECK(TopicNamed(Topics(registry), topic)["builtin"] == true);
  }
  for (const char* topic : {"log.*", "entity.task", "entity.task.created.x", "entity.asset.created",
                            "xentity.task.created", "studio.render", ""}) {
    CAPTURE(topic);
    CHECK(TopicNamed(topics, topic).is_null());
  }
  CHECK(Deviations(registry, "xlog.error", R"({"oops":1})").empty());
}

TEST_CASE("a built-in topic fixes keys and types") {
  const TopicRegistry registry;
  const auto check = [&](std::string_view topic, std::string_view summary) {
    return Deviations(registry, topic, summary);
  };
  CHECK(check("entity.folder.created", R"({"entityId":"x","parentId":null})").empty());
  CHECK(check("entity.folder.created", R"({"entityId":"x"})") == "summary.parentId");
  CHECK(check("entity.folder.created", "{}") == "summary.entityId summary.parentId");
  CHECK(check("entity.folder.created", R"({"entityId":5,"parentId":"y"})") == "summary.entityId");
  CHECK(check("entity.folder.created", R"({"entityId":"x","parentId":"y","shot":1})") ==
        "summary.shot");
  for (const char* value : {"1", "\"x\"", "null", "true", "[]", "{}"}) {
    CAPTURE(value);
    CHECK(check("entity.version.status_changed",
                R"({"entityId":"x","entityPath":"/a","parentId":"y","value":)" +
                    std::string(value) + "}")
              .empty());
  }
  // The assign endpoint leaves out what a patch sends; attrib_changed carries value by accident.
  CHECK(check("entity.task.assignees_changed", R"({"entityId":"x","parentId":"y"})").empty());
  CHECK(check("entity.task.attrib_changed",
              R"({"entityId":"x","entityPath":"/a","parentId":"y","value":1})")
            .empty());
  CHECK(check("entity.project.created", R"({"name":"x"})") == "summary.name");
  CHECK(check("log.error", "{}").empty());
  // Open rows judge only what they name.
  CHECK(check("reviewable.process", R"({"fps":25,"versionId":"x"})").empty());
  CHECK(check("reviewable.process", R"({"versionId":1})") == "summary.versionId");
  CHECK(check("bundle.updated",
              R"({"changedFields":["a"],"isArchived":false,"isDev":false,"isProduction":true,)"
              R"("isProject":false,"isStaging":false,"name":"b"})")
            .empty());
}

TEST_CASE("a declared topic fixes keys and types") {
  TopicRegistry registry;
  Declare(registry, R"({"topics":[{"topic":"studio.render","summary":{
      "frames":"number","shot":"string","note":["string","null"],"extra":"any","a\"b":"array"}}]})");
  const auto check = [&](std::string_view summary) {
    return Deviations(registry, "studio.render", summary);
  };
  CHECK(check(R"({"a\"b":[],"extra":{},"frames":1,"note":null,"shot":"sh010"})").empty());
  CHECK(check(R"({"a\"b":[],"extra":1,"frames":1.5,"note":"x","shot":"sh010"})").empty());
  CHECK(check(R"({"a\"b":{},"extra":1,"frames":"1","note":1,"shot":null})") ==
        R"(summary.a\"b summary.frames summary.note summary.shot)");
  CHECK(check("{}") == R"(summary.a\"b summary.extra summary.frames summary.note summary.shot)");
  const std::vector<Advice> advices = registry.Check(
      "studio.render", R"({"a\"b":[],"extra":1,"frames":"1","note":"x","size":2})", "");
  REQUIRE(advices.size() == 3);
  CHECK(advices[0].topic == "studio.render");
  CHECK(advices[0].message ==
        "summary.frames has another type than studio.render gives it: send number");
  CHECK(advices[1].message ==
        "summary.size is not a key of studio.render: leave it out or declare it");
  CHECK(advices[2].message ==
        "summary.shot is missing: add it, studio.render always has it as string");
}

TEST_CASE("any JSON key can be declared and learned") {
  const Json summary = {{"", 1}, {"a:b?c", 1}, {"tab\tbell\b", 1}, {"...", 1}, {"kůň \"x\"", 1}};
  TopicRegistry registry;
  registry.Note("studio.seen", CanonicalText(summary));
  Json types = summary;
  for (Json& type : types) type = "number";
  REQUIRE(registry.Declare({{"topics", {{{"topic", "studio.set"}, {"summary", types}}}}}));
  for (const char* topic : {"studio.seen", "studio.set"}) {
    CAPTURE(topic);
    CHECK(Deviations(registry, topic, CanonicalText(summary)).empty());
    const Json keys = TopicNamed(Topics(registry), topic)["summary"];
    CHECK(keys.size() == summary.size());
    for (const Json& key : keys) CHECK(summary.contains(key["key"].get<std::string>()));
  }
}

TEST_CASE("a topic that is neither has the structure of the first event seen") {
  TopicRegistry registry;
  const auto check = [&](std::string_view summary) {
    return Deviations(registry, "studio.note", summary);
  };
  CHECK(check(R"({"anything":1})").empty());
  registry.Note("studio.note", "{}");  // says nothing
  CHECK(check(R"({"anything":1})").empty());
  registry.Note("studio.note", R"({"by":null,"count":1,"shot":"sh010"})");
  CHECK(check(R"({"by":null,"count":2.5,"shot":""})").empty());
  CHECK(check("{}").empty());  // a job that enroll made
  CHECK(check(R"({"count":2,"shot":"x"})") == "summary.by");
  CHECK(check(R"({"by":"x","count":"2","shot":null,"more":1})") ==
        "summary.count summary.shot summary.more");
  // null fits every type until one was seen.
  CHECK(check(R"({"by":"x","count":1,"shot":"x"})").empty());
  CHECK(check(R"({"by":[],"count":1,"shot":"x"})").empty());
  registry.Note("studio.note", R"({"by":"eve","count":"wrong","other":1,"shot":"sh020"})");
  CHECK(check(R"({"by":null,"count":1,"shot":"x"})").empty());
  CHECK(check(R"({"by":"x","count":1,"shot":"x"})").empty());
  CHECK(check(R"({"by":[],"count":1,"shot":"x"})") == "summary.by");
  CHECK(check(R"({"by":"x","count":"1","other":1,"shot":"x"})") == "summary.count summary.other");
}

TEST_CASE("a declaration stands above what was seen and what is built in") {
  TopicRegistry registry;
  registry.Note("studio.note", R"({"shot":"sh010"})");
  registry.Note("entity.task.created", R"({"entityId":"x","parentId":"y"})");
  REQUIRE(registry.Declare(Json::parse(R"({"topics":[
      {"topic":"studio.note","summary":{"count":"number"}},
      {"topic":"entity.task.created","summary":{"entityId":"string"}}]})")));
  CHECK(Deviations(registry, "studio.note", R"({"count":1})").empty());
  CHECK(Deviations(registry, "studio.note", R"({"shot":"x"})") == "summary.shot summary.count");
  CHECK(Deviations(registry, "entity.task.created", R"({"entityId":"x"})").empty());
  registry.Note("studio.note", R"({"shot":"x"})");
  CHECK(Deviations(registry, "studio.note", R"({"shot":"x"})") == "summary.shot summary.count");
}

TEST_CASE("what a declaration leaves out stays as it was") {
  TopicRegistry registry;
  Declare(registry, R"({"topics":[{"topic":"studio.note","description":"A note"},
      {"topic":"entity.task.created","mode":"enforce"}]})");
  CHECK(Deviations(registry, "studio.note", R"({"a":1})").empty());
  registry.Note("studio.note", R"({"a":1})");
  CHECK(Deviations(registry, "studio.note", R"({"b":1})") == "summary.b summary.a");
  CHECK(Deviations(registry, "entity.task.created", "{}") == "summary.entityId summary.parentId");
  REQUIRE(
      registry.Declare(Json::parse(R"({"topics":[{"topic":"studio.note","mode":"enforce"}]})")));
  const Json note = TopicNamed(Topics(registry), "studio.note");
  CHECK(note["description"] == "A note");
  CHECK(note["summary"].size() == 1);
  CHECK(registry.ModeOf("studio.note") == TopicMode::kEnforce);
}

TEST_CASE("the mode is the registry's unless a topic has its own") {
  TopicRegistry registry;
  CHECK(registry.ModeOf("studio.note") == TopicMode::kAdvise);
  REQUIRE(registry.Declare(Json::parse(
      R"({"mode":"enforce","topics":[{"topic":"studio.note","mode":"advise"},{"topic":"a.b"}]})")));
  CHECK(registry.ModeOf("studio.note") == TopicMode::kAdvise);
  CHECK(registry.ModeOf("a.b") == TopicMode::kEnforce);
  CHECK(registry.ModeOf("log.error") == TopicMode::kEnforce);
  REQUIRE(registry.Declare(Json::parse("{}")));
  CHECK(registry.ModeOf("log.error") == TopicMode::kEnforce);
}

TEST_CASE("a wrong declaration is refused whole, with the part named") {
  CHECK(DeclareError("[]") == "invalid the declaration must be an object");
  CHECK(DeclareError(R"({"mode":"strict"})") == R"(invalid mode must be "advise" or "enforce")");
  CHECK(DeclareError(R"({"mode":1})") == R"(invalid mode must be "advise" or "enforce")");
  CHECK(DeclareError(R"({"topics":{}})") == "invalid topics must be a list");
  CHECK(DeclareError(R"({"topics":[1]})").starts_with("invalid topics[0] needs a \"topic\": "));
  CHECK(DeclareError(R"({"topics":[{}]})").starts_with("invalid topics[0] needs a \"topic\": "));
  for (const char* topic : {"1", "null", "\"ab\"", "\"a-b-c\"", "\"log.*\""}) {
    CAPTURE(topic);
    CHECK(DeclareError(R"({"topics":[{"topic":"a.b"},{"topic":)" + std::string(topic) + "}]}")
              .starts_with("invalid topics[1] needs a \"topic\": "));
  }
  CHECK(DeclareError(R"({"topics":[{"topic":"a.b"},{"topic":"a.c","mode":1}]})") ==
        R"(invalid topics[1].mode must be "advise" or "enforce")");
  CHECK(DeclareError(R"({"topics":[{"topic":"a.b","description":1}]})") ==
        "invalid topics[0].description must be a string");
  CHECK(DeclareError(R"({"topics":[{"topic":"a.b","sumary":{}}]})")
            .starts_with("invalid topics[0].sumary is not known"));
  CHECK(DeclareError(R"({"topics":[{"topic":"a.b","summary":[]}]})")
            .starts_with("invalid topics[0].summary must be an object"));
  for (const char* type : {"1", "[]", "\"text\"", "[[\"string\"]]", "[\"string\",1]", "null"}) {
    CAPTURE(type);
    CHECK(DeclareError(R"({"topics":[{"topic":"a.b","summary":{"k":)" + std::string(type) + "}}]}")
              .starts_with("invalid topics[0].summary.k must be string, "));
  }

  TopicRegistry registry;
  CHECK_FALSE(registry.Declare(Json::parse(
      R"({"mode":"enforce","topics":[{"topic":"a.b","summary":{"x":"string"}},{"topic":""}]})")));
  CHECK(registry.ModeOf("a.b") == TopicMode::kAdvise);
  CHECK(Deviations(registry, "a.b", "{}").empty());
}

TEST_CASE("the limits are named") {
  Json declaration{{"topics", Json::array()}};
  const auto error = [&] { return DeclareError(declaration.dump()); };
  Json many = Json::object();
  for (size_t i = 0; i < TopicRegistry::kMaxKeys; ++i) many["k" + std::to_string(i)] = "string";
  declaration["topics"].push_back({{"topic", "a.b"}, {"summary", many}});
  CHECK(error().empty());
  declaration["topics"][0]["summary"]["one_more"] = "string";
  CHECK(error() == "too_large topics[0].summary has more than 64 keys");
  declaration["topics"][0]["summary"] = {{std::string(129, 'k'), "string"}};
  CHECK(error() ==
        "too_large topics[0].summary." + std::string(128, 'k') + " is longer than 128 bytes");
  declaration["topics"][0] = {{"topic", "a.b"}, {"description", std::string(501, 'd')}};
  CHECK(error() == "too_large topics[0].description is longer than 500 bytes");

  TopicRegistry registry;
  declaration["topics"].clear();
  for (size_t i = 0; i < TopicRegistry::kMaxTopics; ++i) {
    declaration["topics"].push_back({{"topic", "studio.t" + std::to_string(i)}});
  }
  REQUIRE(registry.Declare(declaration));
  REQUIRE(registry.Declare(declaration));  // again: nothing is added
  const auto more = registry.Declare(Json::parse(R"({"topics":[{"topic":"one.more"}]})"));
  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::kTooLarge);
  CHECK(more.error().message == "more than 1000 topics are declared");
  declaration["topics"].push_back({{"topic", "one.more"}});
  CHECK(error() == "too_large more than 1000 topics are declared");
}

TEST_CASE("what is learned from events is bounded") {
  TopicRegistry registry;
  Json summary = Json::object();
  for (int i = 0; i < 100; ++i) summary["k" + std::to_string(100 + i)] = i;
  registry.Note("studio.many", summary.dump());
  CHECK(TopicNamed(Topics(registry), "studio.many")["summary"].size() == TopicRegistry::kMaxKeys);
  // The keys beyond the limit are not judged; those within are.
  CHECK(Deviations(registry, "studio.many", summary.dump()).empty());
  summary["k100"] = "x";
  CHECK(Deviations(registry, "studio.many", summary.dump()) == "summary.k100");
  registry.Note("studio.long", Json{{std::string(200, 'k'), 1}, {"a", 1}}.dump());
  CHECK(TopicNamed(Topics(registry), "studio.long")["summary"].size() == 1);

  for (size_t i = 2; i < TopicRegistry::kMaxTopics + 10; ++i) {
    registry.Note("studio.t" + std::to_string(i), R"({"a":1})");
  }
  CHECK(Deviations(registry, "studio.t999", R"({"a":"x"})") == "summary.a");
  CHECK(Deviations(registry, "studio.t1000", R"({"a":"x"})").empty());
  registry.Note("not-a-topic", R"({"a":1})");
  CHECK(TopicNamed(Topics(registry), "not-a-topic").is_null());
  // A declaration finds room all the same.
  REQUIRE(registry.Declare(
      Json::parse(R"({"topics":[{"topic":"studio.t1000","summary":{"a":"number"}}]})")));
  CHECK(Deviations(registry, "studio.t1000", R"({"a":"x"})") == "summary.a");
}

TEST_CASE("advices on one event are bounded") {
  const TopicRegistry registry;
  Json summary = Json::object();
  for (int i = 0; i < 100; ++i) summary["k" + std::to_string(i)] = i;
  CHECK(registry.Check("log.error", summary.dump(), "a\nb").size() ==
        TopicRegistry::kMaxSummaryAdvices + 1);
  const std::string key = std::string(127, 'k') + "ůů";
  const std::vector<Advice> advices = registry.Check("log.error", Json{{key, 1}}.dump(), "");
  REQUIRE(advices.size() == 1);
  CHECK(advices[0].key == "summary." + std::string(127, 'k'));
}

TEST_CASE("a description is one line") {
  CHECK(DescriptionAdvice("").empty());
  CHECK(DescriptionAdvice("Rendering sh010").empty());
  CHECK(DescriptionAdvice("Rendering sh010\r\n").empty());
  CHECK(DescriptionAdvice("Rendering\nsh010").starts_with("description has more than one line"));
}

TEST_CASE("a description has no ids") {
  for (const std::string& bad :
       {"Folder " + std::string(kId) + " created", std::string(kId), "(" + std::string(kId) + ")",
        "file_" + std::string(kId) + ".exr", std::string("E0000000000000000000000000000001 done"),
        std::string("Job 6f9619ff-8b86-d011-b42d-00cf4fc964ff done")}) {
    CAPTURE(bad);
    CHECK(DescriptionAdvice(bad).starts_with("description contains an id"));
  }
  for (const std::string& good :
       {std::string(kId).substr(1), std::string(kId) + "0", "x" + std::string(kId),
        std::string(kId) + std::string(kId), std::string("Frame 00001001 of renderMain_v012"),
        std::string("2026-03-19 to 2026-03-21, 1001-1240")}) {
    CAPTURE(good);
    CHECK(DescriptionAdvice(good).empty());
  }
}

TEST_CASE("a description has no secrets, and an advice does not repeat them") {
  for (const char* bad : {"password=hunter2",
                          "Login with password: hunter2",
                          "Password: swordfish",
                          "db_password='swordfish'",
                          R"({"password": "swordfish"})",
                          "access_token=abc",
                          "accessToken=abc",
                          "Token:abc done",
                          "api key: abc123",
                          "API_KEY=abc123",
                          "apiKey=abc123",
                          "secret key: AbC",
                          "client_secret=x1",
                          "PASSPHRASE = correct horse",
                          "https://example.org/?token=a1b2c3&x=1",
                          "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30",
                          "bearer 0123abcd",
                          "token 0123456789abcdef",
                          "New api key AbCdEfGh12345678 for eve",
                          "passwd:x1 a"}) {
    CAPTURE(bad);
    const std::string advice = DescriptionAdvice(bad);
    CHECK(advice.starts_with("description seems to contain a password, key or token"));
    for (const char* secret : {"hunter2", "swordfish", "abc", "eyJ", "0123", "AbC", "horse"}) {
      CHECK(advice.find(secret) == std::string::npos);
    }
  }
  for (const char* good : {"token refreshed",
                           "Token",
                           "The password of eve was changed",
                           "Password changed: eve",
                           "Invalid token: signature mismatch",
                           "password: too short",
                           "tokens: 512",
                           "Used 512 tokens=fine",
                           "password: ***",
                           "token=<hidden>",
                           "secret: [redacted]",
                           "token=$TOKEN",
                           "password=",
                           "password:",
                           "bearer token expired",
                           "api key rotated",
                           "secret lab sh010_anim_v012_master approved",
                           "token sh010_anim_v012_master",
                           "Rendering secretSauce_sh010",
                           "Added API keys of two services"}) {
    CAPTURE(good);
    CHECK(DescriptionAdvice(good).empty());
  }
}

TEST_CASE("topics and counts are listed") {
  TopicRegistry registry;
  Declare(registry, R"({"topics":[{"topic":"studio.render","description":"A \"job\"",
      "mode":"enforce","summary":{"frames":"number","note":["null","string"],"x\ny":"any"}}]})");
  registry.Note("studio.note", R"({"by":null})");
  registry.Note("log.custom", "{}");
  registry.Note("studio.job", "{}");
  const Json topics = Topics(registry, {{"studio.render", 3}, {"entity.task.created", 7}});
  for (size_t i = 1; i < topics.size(); ++i) {
    CHECK(topics[i - 1]["topic"].get<std::string>() < topics[i]["topic"].get<std::string>());
  }
  CHECK(TopicNamed(topics, "studio.render") == Json::parse(R"({"topic":"studio.render",
      "description":"A \"job\"","builtin":false,"declared":true,"mode":"enforce","count":3,
      "open":false,"summary":[{"key":"frames","types":["number"],"required":true},
      {"key":"note","types":["null","string"],"required":true},
      {"key":"x\ny","types":["any"],"required":true}]})"));
  CHECK(TopicNamed(topics, "studio.note") == Json::parse(R"({"topic":"studio.note",
      "description":null,"builtin":false,"declared":false,"mode":"advise","count":0,
      "open":false,"summary":[{"key":"by","types":["null"],"required":true}]})"));
  CHECK(TopicNamed(topics, "entity.task.created") == Json::parse(R"({"topic":"entity.task.created",
      "description":null,"builtin":true,"declared":false,"mode":"advise","count":7,
      "open":false,"summary":[{"key":"entityId","types":["string"],"required":true},
      {"key":"parentId","types":["string","null"],"required":true}]})"));
  CHECK(TopicNamed(topics, "log.custom")["builtin"] == true);
  CHECK(TopicNamed(topics, "studio.job") == Json::parse(R"({"topic":"studio.job",
      "description":null,"builtin":false,"declared":false,"mode":"advise","count":0,
      "open":true,"summary":[]})"));
  const Json login = TopicNamed(topics, "auth.login");
  CHECK(login["open"] == true);
  CHECK(login["summary"][1] ==
        Json::parse(R"({"key":"agent","types":["object","null"],"required":false})"));
}

}  // namespace
}  // namespace cuesheet
