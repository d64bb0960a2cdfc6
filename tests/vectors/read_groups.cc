// The groups that read: filter, text, topics, pages, lists, hashes.
#include <algorithm>

#include "base/sha256.h"
#include "event/names.h"
#include "jobs/enroll.h"
#include "vector_run.h"

namespace cuesheet::vectors {
namespace {

const Json kAdmin = {{"name", "admin"}, {"isAdmin", true}};

Json Reversed(Json list) {
  std::ranges::reverse(list);
  return list;
}

Json AskEvents(Hub& hub, const Json& caller, const Json& args, Timestamp now) {
  const HubResponse response = hub.Ask("graphql.events", caller, args, now);
  return Json::parse(response.body);
}

// A GraphQL answer in the words of the vectors: the error's text and status, or what `read` takes.
void CheckAnswer(const std::string& name, const Json& expected, const Json& answer, const Json& got,
                 Score& score) {
  if (!expected.contains("error")) {
    score.Equal(name, expected, got);
    return;
  }
  const Json error = {{"error", answer.value("detail", Json())}};
  const bool same = error["error"] == expected["error"] &&
                    (!expected.contains("extensionsStatus") ||
                     expected["extensionsStatus"] == answer.value("status", Json()));
  score.Check(same, name, expected, answer);
}

// With `last` alone Cuesheet's startCursor is the oldest edge's (protocol.md 17.4); the file holds
// the reference's, the newest edge's, and no `cuesheet` key for it.
Json WithOldestStart(Json expected, const Json& args) {
  const bool only_last = args.value("last", 0) != 0 && !args.contains("first");
  if (only_last && expected.contains("pageInfo")) {
    expected["pageInfo"]["startCursor"] = expected["pageInfo"]["endCursor"];
  }
  return expected;
}

}  // namespace

void RunFilter(const Json& group, Timestamp now, Score& score) {
  Hub hub(group["events"]);
  for (const Json& entry : group["cases"]) {
    const Json body = {{"entity", "event"}, {"filter", entry["filter"]}, {"limit", 1000}};
    const HubResponse response = hub.Ask("query", kAdmin, body, now);
    const Json& expected = Expected(entry);
    const std::string name =
        entry["id"].get<std::string>() + " " + entry["note"].get<std::string>();
    if (expected["outcome"] == "error") {
      score.Check(response.status == 400, name, expected, response.body);
      continue;
    }
    Json ids = Json::array();
    const Json rows = Json::parse(response.body);
    if (rows.is_array()) {
      for (const Json& event : rows) ids.push_back(event["id"]);
    }
    const bool same = response.status == 200 && Reversed(ids) == expected["ids"];
    score.Check(same, name, expected["ids"], response.status == 200 ? Reversed(ids) : rows);
  }
}

void RunText(const Json& group, Timestamp now, Score& score) {
  Hub hub(group["events"]);
  for (const Json& entry : group["cases"]) {
    const Json args = {{"filter", entry["filter"]}, {"includeLogs", true}, {"first", 1000}};
    const Json expected = entry.contains("cuesheet") ? entry["cuesheet"]["ids"] : entry["ids"];
    score.Equal(entry["id"], expected, Hub::Ids(AskEvents(hub, kAdmin, args, now)));
  }
}

void RunLists(const Json& group, Timestamp now, Score& score) {
  Hub hub(group["events"]);
  for (const Json& entry : group["cases"]) {
    const Json answer = AskEvents(hub, entry["user"], entry["args"], now);
    const Json got = answer.contains("edges") ? Json{{"ids", Hub::Ids(answer)}} : answer;
    CheckAnswer(entry["id"], Expected(entry), answer, got, score);
  }
}

void RunPages(const Json& group, Timestamp now, Score& score) {
  Hub hub(group["events"]);
  for (const Json& entry : group["cases"]) {
    const Json answer = AskEvents(hub, kAdmin, entry["args"], now);
    Json got = answer;
    if (answer.contains("edges")) {
      got = {{"edges", Json::array()}, {"pageInfo", answer["pageInfo"]}};
      for (const Json& edge : answer["edges"]) {
        got["edges"].push_back({{"id", edge["node"]["id"]}, {"cursor", edge["cursor"]}});
      }
    }
    CheckAnswer(entry["id"], WithOldestStart(Expected(entry), entry["args"]), answer, got, score);
  }
  // Walks of four events a page; the last kind is the Python client's, which Cuesheet repairs.
  const auto walk = [&](const Json& expected, const std::string& name, bool forward, bool by_edge) {
    std::string cursor;
    for (const Json& page : expected) {
      const Json args =
          forward ? Json{{"first", 4}, {"after", cursor}} : Json{{"last", 4}, {"before", cursor}};
      const Json answer = AskEvents(hub, kAdmin, args, now);
      score.Equal(name, page, Hub::Ids(answer));
      const Json& info = answer["pageInfo"];
      const Json& next =
          by_edge ? answer["edges"].back()["cursor"] : info[forward ? "endCursor" : "startCursor"];
      cursor = next.is_string() ? next.get<std::string>() : "";
    }
  };
  walk(group["walks"]["forwardByEndCursor"], "walk forward", true, false);
  walk(group["walks"]["backwardByLastEdgeCursor"], "walk backward by edge", false, true);
  walk(group["walks"]["backwardByLastEdgeCursor"], "walk backward by startCursor", false, false);
}

void RunTopics(const Json& group, Timestamp now, Score& score) {
  for (const Json& entry : group["validity"]) {
    const auto topic = entry["topic"].get<std::string>();
    const bool expected = entry["valid"].get<bool>() && !topic.ends_with('\n');  // quirk, avoided
    score.Equal("topic " + topic, expected, IsTopic(topic));
  }
  Json all = Json::array();
  for (const Json& entry : group["graphqlLike"]) {
    for (const Json& topic : entry["matches"]) {
      if (std::ranges::find(all, topic) == all.end()) all.push_back(topic);
    }
  }
  for (const Json& entry : group["graphqlLike"]) {
    const auto pattern = entry["pattern"].get<std::string>();
    for (const Json& topic : all) {
      const bool wanted = std::ranges::find(entry["matches"], topic) != entry["matches"].end();
      score.Equal("pattern " + pattern + " " + topic.dump(), wanted,
                  MatchesTopicPattern(topic.get<std::string>(), pattern));
    }
  }
  const Json service = {{"name", "svc"}, {"isService", true}};
  for (const Json& entry : group["enrollSource"]) {
    const Json& expected = entry["expect"];
    Json matches = Json::array();
    int status = 204;
    Json detail;
    for (const Json& topic : entry.value("topics", Json::array({"demo.none"}))) {
      // A topic of the vectors may be one that dispatch refuses: put it there as an upstream would.
      Hub one(Json::array());
      Event event;
      event.id.bytes.fill(7);
      event.topic = topic.get<std::string>();
      event.updated_at = event.created_at = now;
      CUE_ASSERT(one.store().ledger().Merge(event, FieldSet::All(), {}).has_value());
      const Json body = {{"sourceTopic", entry["sourceTopic"]}, {"targetTopic", "demo.target"}};
      const HubResponse response = one.Ask("enroll", service, body, now);
      if (response.status == 200) matches.push_back(topic);
      if (response.status >= 400) {
        status = response.status;
        detail = Json::parse(response.body)["detail"];
      }
    }
    if (expected.contains("status") && expected["status"] != 204) {
      score.Check(status == expected["status"] &&
                      (!expected.contains("detail") || detail == expected["detail"]),
                  "enroll source " + entry["sourceTopic"].dump(), expected, detail);
    } else {
      score.Equal("enroll source " + entry["sourceTopic"].dump(),
                  expected.value("matches", Json::array()), matches);
    }
  }
  const std::vector<std::string> probes = {
      "entity.task.created", "entity.folder.deleted", "entityfoo.created",        "log.info",
      "heartbeat",           "server.started",        "server.restart_requested", "inbox.message"};
  for (const Json& entry : group["websocketPrefix"]) {
    EffectQueue effects;
    MemoryEnv files;
    EventStore store(&files);
    ChangeFeed feed;
    Sockets sockets(&effects, &store.view(), &feed);
    sockets.Opened(1, now);
    const Json auth = {{"topic", "auth"}, {"token", "t"}, {"subscribe", entry["subscribe"]}};
    sockets.Message(1, auth.dump());
    sockets.Authenticated(1, Caller::Parse(kAdmin).value());
    for (const std::string& topic : probes) {
      const bool wanted =
          std::ranges::find(entry["delivered"], Json(topic)) != entry["delivered"].end();
      const bool known = wanted || topic != "inbox.message";
      if (known) {
        score.Equal("prefix " + entry["subscribe"].dump() + " " + topic, wanted,
                    !sockets.Recipients(topic, {}, {}).empty());
      }
    }
  }
}

void RunHashes(const Json& group, Score& score) {
  for (const Json& entry : group["jobs"]) {
    const Uuid source = Uuid::Parse(entry["sourceId"].get<std::string>()).value();
    score.Equal("job hash", entry["sha256"],
                JobHash(entry["targetTopic"].get<std::string>(), source));
  }
  for (const Json& entry : group["other"]) {
    score.Equal(entry["what"], entry["sha256"], Sha256Hex(entry["bytesUtf8"].get<std::string>()));
  }
}

}  // namespace cuesheet::vectors
