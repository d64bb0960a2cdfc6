// The groups that write: dispatch, enroll, status, websocket.
#include <algorithm>

#include "event/codec.h"
#include "vector_run.h"

namespace cuesheet::vectors {
namespace {

// Events of a Hub after a case, under the names of the vectors.
void CheckEvents(Hub& hub, const Json& expected, const std::map<std::string, std::string>& drawn,
                 const std::string& name, Score& score) {
  std::map<std::string, std::string> back;
  for (const auto& [ours, theirs] : drawn) back[theirs] = ours;
  for (const Json& event : expected) {
    const auto id = event["id"].get<std::string>();
    const auto actual = back.contains(id) ? back.at(id) : id;
    const Json got = Renamed(hub.Event(Uuid::Parse(actual).value()), drawn);
    score.Check(Has(got, event), name + " after " + id, event, got);
  }
}

}  // namespace

void RunDispatch(const Json& group, Timestamp now, Score& score) {
  for (const Json& entry : group["cases"]) {
    Hub hub(entry["before"]);
    std::map<std::string, std::string> drawn;
    const auto name = entry["id"].get<std::string>();
    for (const Json& step : entry["steps"]) {
      const Json& expected = Expected(step);
      const HubResponse response = hub.Ask("dispatch", step["caller"], step["request"],
                                           Time(entry["now"]), "", step["headers"]);
      if (response.status == 200) {
        drawn[Json::parse(response.body)["id"]] = step["newId"].get<std::string>();
      }
      const Json got = {{"status", response.status}, {"body", Json::parse(response.body)}};
      score.Check(
          Has(Renamed(got, drawn), {{"status", expected["status"]}, {"body", expected["body"]}}),
          name, expected, Renamed(got, drawn));
      const auto changes = hub.store().ledger().TakeChanges();
      Json message = changes.empty() ? Json() : Json::parse(SocketMessage(changes.front()));
      if (message.is_object()) message["createdAt"] = message["updatedAt"] = "<clock>";
      if (expected.contains("websocket")) {
        score.Equal(name + " websocket", expected["websocket"], Renamed(message, drawn));
      }
    }
    if (!entry.contains("after")) continue;
    CheckEvents(hub, entry["after"], drawn, name, score);
    score.Equal(name + " count", entry["after"].size(), hub.store().view().table().size());
  }
  const Json manager = {{"name", "mona"}, {"isManager", true}};
  for (const char* kind : {"invalid", "valid"}) {
    for (const Json& entry : group[kind]) {
      Hub hub(Json::array());
      const HubResponse response = hub.Ask("dispatch", manager, entry["request"], now);
      const Json& expected = Expected(entry);
      const Json body = Json::parse(response.body);
      score.Check(response.status == expected["status"] &&
                      (!expected.contains("bodyHas") || Has(body, expected["bodyHas"])),
                  std::string(kind) + " " + entry["request"].dump(), expected, body);
    }
  }
  Hub hub(Json::array());
  Event source;
  source.id = Uuid::Parse("e0000000000000000000000000000001").value();
  source.topic = "demo.source";
  Event child;
  child.id = Uuid::Parse("e0000000000000000000000000000002").value();
  child.topic = "demo.child";
  child.depends_on = source.id;
  CUE_ASSERT(hub.store().ledger().Merge(source, FieldSet::All(), {}).has_value());
  CUE_ASSERT(hub.store().ledger().Merge(child, FieldSet::All(), {}).has_value());
  for (const Json& step : group["deleteSequence"]["steps"]) {
    const HubResponse response =
        hub.Ask("delete", {{"name", "admin"}, {"isAdmin", true}}, nullptr, now, step["delete"]);
    // Where the reference answers 500, Cuesheet answers 409 with the same keys (protocol.md 17.5).
    const int wanted = step["expect"]["status"] == 500 ? 409 : step["expect"]["status"].get<int>();
    const Json body = response.body.empty() ? Json() : Json::parse(response.body);
    score.Check(response.status == wanted &&
                    (!step["expect"].contains("bodyHas") || Has(body, step["expect"]["bodyHas"])),
                "delete " + step["delete"].get<std::string>(), step["expect"], body);
  }
}

void RunEnroll(const Json& group, Score& score) {
  for (const Json& entry : group["cases"]) {
    Hub hub(entry["before"]);
    std::map<std::string, std::string> drawn;
    const std::string name =
        entry["id"].get<std::string>() + " " + entry["note"].get<std::string>();
    bool deviates = false;
    for (const Json& step : entry["steps"]) {
      const Timestamp now = Time(step["now"]);
      if (step.contains("patch")) {
        std::map<std::string, std::string> back;
        for (const auto& [ours, theirs] : drawn) back[theirs] = ours;
        Json patch = Renamed(step["patch"], back);
        const auto id = patch["id"].get<std::string>();
        patch.erase("id");
        const HubResponse response =
            hub.Ask("update", {{"name", "svc1"}, {"isService", true}}, patch, now, id);
        CUE_ASSERT(response.status == 204);
        continue;
      }
      deviates |= step.contains("cuesheet");
      const Json& expected = Expected(step);
      const HubResponse response =
          hub.Ask("enroll", step["caller"], step["request"], now, "", step["headers"]);
      const Json body = response.body.empty() ? Json() : Json::parse(response.body);
      if (response.status == 200) {
        const auto id = body["id"].get<std::string>();
        const bool is_new = !id.starts_with("e0000000") && !drawn.contains(id);
        if (is_new) drawn[id] = step["newId"].get<std::string>();
      }
      const Json got = {{"status", response.status}, {"body", Renamed(body, drawn)}};
      const bool same = got["status"] == expected["status"] &&
                        (!expected.contains("body") || Has(got["body"], expected["body"]));
      score.Check(same, name, expected, got);
    }
    if (deviates) continue;  // the rows after it are the reference's
    CheckEvents(hub, entry["changedOrNewAfter"], drawn, name, score);
    score.Equal(name + " count", entry["countAfter"], hub.store().view().table().size());
  }
}

void RunStatus(const Json& group, Timestamp now, Score& score) {
  Json events = Json::array();
  for (const auto& [name, event] : group["events"].items()) events.push_back(event);
  for (const Json& entry : group["cases"]) {
    Hub hub(events);
    const Json& event = group["events"][entry["event"].get<std::string>()];
    const Json& user = group["users"][entry["user"].get<std::string>()];
    const HubResponse response = hub.Ask("update", user, entry["patch"], now, event["id"]);
    const Json body = response.body.empty() ? Json() : Json::parse(response.body);
    const Json& expected = Expected(entry);
    const bool same = response.status == expected["status"] &&
                      (!expected.contains("body") || Has(body, expected["body"]));
    score.Check(same, entry["id"], expected, body);
  }
}

void RunWebsocket(const Json& group, Score& score) {
  EffectQueue effects;
  MemoryEnv files;
  EventStore store(&files);
  ChangeFeed feed;
  Sockets sockets(&effects, &store.view(), &feed);
  std::map<uint32_t, std::string> names;
  for (const auto& [name, client] : group["clients"].items()) {
    const auto number = static_cast<uint32_t>(names.size() + 1);
    names[number] = name;
    sockets.Opened(number, {0});
    if (!client.value("authorized", true)) continue;
    const Json auth = {{"topic", "auth"},
                       {"token", "t"},
                       {"subscribe", client["topics"]},
                       {"project", client["project"]}};
    sockets.Message(number, auth.dump());
    sockets.Authenticated(number, Caller::Parse(client["user"]).value());
  }
  for (const Json& entry : group["cases"]) {
    const Json& message = entry["message"];
    std::optional<std::string> project;
    if (message.contains("project")) project = message["project"].get<std::string>();
    std::optional<std::vector<std::string>> recipients;
    if (message.contains("recipients") && message["recipients"].is_array()) {
      recipients = message["recipients"].get<std::vector<std::string>>();
    }
    Json reached = Json::array();
    for (const uint32_t client :
         sockets.Recipients(message["topic"].get<std::string>(), project, recipients)) {
      reached.push_back(names[client]);
    }
    Json expected = entry["deliveredTo"];
    std::sort(expected.begin(), expected.end());
    std::sort(reached.begin(), reached.end());
    score.Equal("websocket " + message.dump(), expected, reached);
  }
}

}  // namespace cuesheet::vectors
