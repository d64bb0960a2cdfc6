// A hub with jobs that are leased, whose clock the test moves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/api.h"
#include "journal/testing/memory_env.h"
#include "store/event_store.h"

namespace cuesheet::testing {

inline constexpr const char* kService = R"({"name":"svc","isService":true})";
inline constexpr const char* kManager = R"({"name":"mona","isAdmin":true,"isManager":true})";

// A hub with a queue from demo.source to demo.job, whose clock the test moves.
struct LeaseHub {
  // Everything that a restart makes anew.
  struct Life {
    explicit Life(Env* env) : store(env) {
      store.files().OnReplay([this](const Change& change) { api.Note(change); });
      CUE_ASSERT(store.files().Open().has_value());
    }
    EventStore store;
    HubApi api{&store.view(), &store.ledger(), &store.exports(), &store.files()};
  };

  MemoryEnv env;
  std::unique_ptr<Life> life = std::make_unique<Life>(&env);
  int64_t now_us = 1'774'000'000'000'000;
  uint32_t draws = 0;
  std::vector<Change> changes;  // of the last call

  Timestamp Now() const { return {now_us}; }
  void Publish() {
    changes = life->store.ledger().TakeChanges();
    for (const Change& change : changes) life->api.Note(change);
  }
  HubResponse Ask(std::string_view operation, std::string_view who, const std::string& body,
                  const std::string& id = "", std::optional<std::string> sender = std::nullopt) {
    HubRequest request;
    request.operation = ParseHubOperation(operation).value();
    request.id = id;
    request.caller = Caller::Parse(Json::parse(who)).value();
    request.sender = std::move(sender);
    request.body = body;
    Entropy entropy;
    entropy.bytes.fill(static_cast<uint8_t>(++draws));
    entropy.bytes[3] = entropy.bytes[7] = static_cast<uint8_t>(draws >> 8);
    HubResponse response = life->api.Handle(request, Now(), entropy);
    Publish();
    return response;
  }
  std::string Source() {
    now_us += 1000;
    return Json::parse(Ask("dispatch", kService, R"({"topic":"demo.source"})").body)["id"];
  }
  // The job, or "".
  std::string Enroll(const std::string& sender, const std::string& more = "") {
    const std::string body = R"({"sourceTopic":"demo.source","targetTopic":"demo.job","sender":")" +
                             sender + '"' + more + '}';
    const HubResponse response = Ask("enroll", kService, body);
    if (response.status == 204) return "";
    CUE_ASSERT(response.status == 200);
    return Json::parse(response.body)["id"];
  }
  HubResponse Update(const std::string& job, const std::string& sender, const std::string& body,
                     std::string_view who = kService) {
    const std::string named = R"({"sender":")" + sender + "\"," + body + '}';
    return Ask("update", who, named, job);
  }
  void Tick() {
    life->api.leases().Tick(Now());
    Publish();
  }
  // As a host that ticks once a second; what changes meanwhile is in `changes`.
  void Pass(int64_t seconds) {
    std::vector<Change> all;
    for (int64_t i = 0; i < seconds; ++i) {
      now_us += 1'000'000;
      Tick();
      all.insert(all.end(), changes.begin(), changes.end());
    }
    changes = std::move(all);
  }
  void Commit() {
    const auto commit = life->store.files().BeginCommit();
    CUE_ASSERT(commit.has_value());
    if (commit->is_needed) CUE_ASSERT(life->store.files().Committed(true).has_value());
  }
  // What is not committed is lost.
  void Restart() {
    const auto files = env.files;
    life.reset();
    env.files = files;
    life = std::make_unique<Life>(&env);
  }
  EventView View(const std::string& job) const {
    const EventTable& table = life->store.view().table();
    return table.ViewWithoutPayload(table.FindById(*Uuid::Parse(job)));
  }
  EventStatus StatusOf(const std::string& job) const { return View(job).status; }
};

inline const std::string kLease = R"(,"leaseSeconds":10,"maxRetries":0)";

// A job that a second worker has, as its last retry.
struct LastRun : LeaseHub {
  std::string job;
  LastRun() {
    Source();
    Tick();
    job = Enroll("first", kLease);
    Pass(11);
    CUE_ASSERT(Enroll("second", kLease) == job);
    CUE_ASSERT(View(job).retries == 1);
  }
};

}  // namespace cuesheet::testing
