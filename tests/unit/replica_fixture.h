// A replica whose upstream is the test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "replica/connection.h"
#include "store_fixture.h"
#include "upstream_answers.h"

namespace cuesheet::testing {

struct ReplicaFixture : StoreFixture {
  EffectQueue effects;
  Outbox outbox{&store, &effects};
  Connection connection{&store, &effects, &outbox};
  std::string path{};  // of the last request

  explicit ReplicaFixture(StoreRole role = StoreRole::kReplica) : StoreFixture(role) {}

  std::vector<Json> Effects() {
    std::vector<Json> list;
    const std::string lines = effects.Take();
    for (size_t from = 0; from < lines.size();) {
      const size_t to = lines.find('\n', from);
      list.push_back(Json::parse(lines.substr(from, to - from)));
      if (list.back()["effect"] == "fetch") path = list.back()["path"];
      from = to + 1;
    }
    return list;
  }
  std::optional<Json> Effect(std::string_view kind) {
    for (const Json& effect : Effects()) {
      if (effect["effect"] == kind) return effect;
    }
    return std::nullopt;
  }
  // The answer to the last request, in the form of its path; without edges an event is there, too.
  void Answer(uint64_t request, const Json& edges, int status = 200) {
    Json body = {{"data", {{"events", {{"edges", edges}}}}}};
    if (path == "/api/query") body = edges;
    if (path.starts_with("/api/events/")) body = {{"id", path.substr(path.rfind('/') + 1)}};
    if (status >= 400) body = {{"code", status}, {"detail", "no"}};
    const std::string text = body.dump();
    CUE_ASSERT(connection.Fetched(request, AnswerOf(status, text), Now(), Draw()).has_value());
  }
  void Open() {
    connection.Start(Now());
    CUE_ASSERT(connection.Opened(Now()).has_value());
  }
  void Wait(int64_t milliseconds) {
    now_us += milliseconds * 1000;
    CUE_ASSERT(connection.Message(R"({"topic":"heartbeat"})", Now(), Draw()).has_value());
    CUE_ASSERT(connection.Timer(Now(), Draw()).has_value());
  }
  // The next request: its number, its path, and the variables of GraphQL or the whole body.
  struct Asked {
    uint64_t request = 0;
    std::string path{};
    Json body{};
  };
  Asked Next() {
    const auto effect = Effect("fetch");
    if (!effect) return {};
    Json body;
    if (!(*effect)["body"].is_null()) body = Json::parse((*effect)["body"].get<std::string>());
    const Json* variables = FindMember(body, "variables");
    return {(*effect)["request"], (*effect)["path"], variables == nullptr ? body : *variables};
  }
  void GoLive() {
    Open();
    Answer(Effect("fetch").value()["request"], Json::array());
    CUE_ASSERT(connection.state() == ConnectionState::kLive);
    (void)Effects();
  }
};

inline Json Edge(int order, std::string_view topic = "demo.a",
                 std::string_view status = "finished") {
  char id[33];
  (void)std::snprintf(id, sizeof id, "e%031d", order);
  return {{"cursor", CursorOf(order)},
          {"node",
           {{"id", id},
            {"hash", id},
            {"topic", topic},
            {"status", status},
            {"retries", 0},
            {"description", ""},
            {"summary", "{\"a\":1}"},
            {"createdAt", "2026-03-19T10:05:00+00:00"},
            {"updatedAt", "2026-03-19T10:05:00+00:00"}}}};
}

}  // namespace cuesheet::testing
