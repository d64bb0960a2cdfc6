#include "world.h"

#include <array>
#include <map>
#include <vector>

#include "base/json.h"
#include "hub_node.h"
#include "stock_node.h"

namespace cuesheet::simulation {
namespace {

constexpr std::array<const char*, 4> kStatuses = {"pending", "in_progress", "finished", "failed"};

std::string NewId(oracle::Random& random) {
  char text[33];
  (void)std::snprintf(text, sizeof text, "%016llx%016llx",
                      static_cast<unsigned long long>(random.Next()),
                      static_cast<unsigned long long>(random.Next()));
  return text;
}

class HubWorld final : public World {
 public:
  HubWorld(Schedule* schedule, oracle::Random* random)
      : schedule_(schedule), random_(random), hub_(schedule, random) {}

  Server* server() override { return &hub_; }
  const EventStore& store() const override { return hub_.store(); }
  bool is_up() const override { return hub_.is_up(); }
  void Tick() override { hub_.Tick(); }
  int64_t settle_seconds() const override { return 180; }
  void DropUnknown(Json& /*row*/) const override {}

  void Write(People& people) override {
    if (!hub_.is_up()) return;
    const EventTable& table = hub_.store().view().table();
    const auto row = people.PickRow(table);
    const size_t dice = random_->Below(12);
    if (dice >= 10) return Enroll();
    if (!row || dice < 4) {
      (void)hub_.Ask("dispatch", "", people.NewEvent(table, "server").dump());
    } else if (dice < 8) {
      Json body = {{"status", people.PickStatus()}};
      const EventView event = table.ViewWithoutPayload(*row);
      if (event.description == "server" && random_->Chance(50)) {
        body["summary"] = ParseStoredJson(event.summary);
        body["summary"]["server"] = ++people.last_number;
      }
      if (random_->Chance(30)) body["progress"] = random_->Below(100);
      if (random_->Chance(20)) body["payload"] = {{"n", ++people.last_number}};
      (void)hub_.Ask("update", table.id(*row).Hex(), body.dump());
    } else {
      const std::string id = table.id(*row).Hex();
      people.NoteRemoval(table.ViewWithoutPayload(*row));
      (void)hub_.Ask("delete", id, "");
    }
  }

  void Break(int64_t time_us) override {
    switch (random_->Below(3)) {
      case 0:
        if (!hub_.is_up()) return;
        hub_.Crash();
        return schedule_->In(time_us, [this] { Start(); });
      case 1:
        hub_.CrashBeforeOneCommitIn(random_->Chance(50) ? 0 : 50 + random_->Below(100));
        return schedule_->In(time_us, [this] { Start(); });
      default:
        if (random_->Chance(70)) return hub_.Checkpoint();
        hub_.Import(R"({"id":")" + NewId(*random_) + R"(","topic":"demo.imported"})" + '\n');
    }
  }

  void Mend() override {
    hub_.CrashBeforeOneCommitIn(0);
    Start();
  }

  std::optional<std::string> wrong() const override { return wrong_; }

 private:
  void Start() {
    if (!hub_.is_up()) hub_.Start();
  }

  // A job is given to one worker, until it has failed or is restarted (protocol.md 8.3).
  void Enroll() {
    const std::string worker = "worker-" + std::to_string(random_->Below(3));
    std::map<std::string, EventStatus> before;
    for (const auto& [job, holder] : holders_) {
      const Row row = hub_.store().view().table().FindById(*Uuid::Parse(job));
      if (row != kNoRow) before[job] = hub_.store().view().table().status(row);
    }
    const Json body = {{"sourceTopic", "demo.job"},
                       {"targetTopic", "demo.done"},
                       {"sender", worker},
                       {"maxRetries", 1}};
    const Answer answer = hub_.Ask("enroll", "", body.dump());
    if (answer.status != 200) return;
    const std::string job = Json::parse(answer.body)["id"];
    const auto held = holders_.find(job);
    const bool is_free = !before.contains(job) || before[job] == EventStatus::kFailed ||
                         before[job] == EventStatus::kRestarted;
    if (held != holders_.end() && held->second != worker && !is_free) {
      wrong_ = "the job " + job + " of " + held->second + " was given to " + worker;
    }
    holders_[job] = worker;
  }

  Schedule* schedule_;
  oracle::Random* random_;
  HubNode hub_;
  std::map<std::string, std::string> holders_;  // of jobs
  std::optional<std::string> wrong_;
};

class StockWorld final : public World {
 public:
  StockWorld(Schedule* schedule, oracle::Random* random)
      : schedule_(schedule), random_(random), stock_(schedule, random, random->Chance(50)) {}

  Server* server() override { return &stock_; }
  const EventStore& store() const override { return stock_.store(); }
  bool is_up() const override { return true; }
  void Tick() override { stock_.Tick(); }
  // Of what nobody tells, the sweeps have to come by, and twice where an event is missing.
  int64_t settle_seconds() const override { return 420; }
  void DropUnknown(Json& row) const override {
    row.erase("senderType");  // GraphQL has none
    row.erase("progress");    // not stored
  }

  void Write(People& people) override {
    const EventTable& table = stock_.store().view().table();
    const auto row = people.PickRow(table);
    const size_t dice = random_->Below(20);
    if (!row || dice < 6) {
      stock_.Dispatch(people.NewEvent(table, "server"));
    } else if (dice < 9) {
      const int64_t delay = static_cast<int64_t>(random_->Below(20)) * kSecond / 2;
      stock_.DispatchLate(people.NewEvent(table, "server"), delay, random_->Chance(20));
    } else if (dice < 10) {
      Json body = people.NewEvent(table, "server");
      body["topic"] = "addon.install";
      body["hash"] = "install";
      body["reuse"] = true;
      stock_.Dispatch(std::move(body));
    } else if (dice < 11) {
      stock_.UpdateSilently(table.id(*row), people.PickStatus());
    } else if (dice < 13) {
      const int64_t delay = static_cast<int64_t>(random_->Below(40)) * kSecond / 10;
      stock_.UpdateLate(table.id(*row), people.PickStatus(), delay, random_->Chance(20));
    } else if (dice < 16) {
      Json body = {{"status", people.PickStatus()}};
      if (random_->Chance(30)) body["progress"] = random_->Below(100);
      if (random_->Chance(20)) body["payload"] = {{"n", ++people.last_number}};
      stock_.Update(table.id(*row).Hex(), body);
    } else if (!stock_.IsHidden(table.id(*row))) {
      people.NoteRemoval(table.ViewWithoutPayload(*row));
      stock_.Delete(table.id(*row).Hex());
    }
  }

  void Break(int64_t time_us) override {
    switch (random_->Below(4)) {
      case 0:
        stock_.Crash();
        return schedule_->In(time_us, [this] { stock_.Start(); });
      case 1:
        stock_.FailPercent(random_->Below(30));
        return schedule_->In(time_us, [this] { stock_.FailPercent(0); });
      case 2:
        stock_.LoseMessagesPercent(random_->Below(100));
        return schedule_->In(time_us, [this] { stock_.LoseMessagesPercent(0); });
      default:
        stock_.EndSessions();
        return schedule_->In(time_us, [this] { stock_.Login(); });
    }
  }

  void Mend() override {
    stock_.Start();
    stock_.FailPercent(0);
    stock_.LoseMessagesPercent(0);
    stock_.Login();
  }

 private:
  Schedule* schedule_;
  oracle::Random* random_;
  StockNode stock_;
};

}  // namespace

std::optional<Row> People::PickRow(const EventTable& table) {
  std::vector<Row> rows;
  table.VisitRange({.newest_first = true}, [&rows](Row row) {
    rows.push_back(row);
    return rows.size() < 30;
  });
  if (rows.empty()) return std::nullopt;
  return rows[random->Below(rows.size())];
}

Json People::NewEvent(const EventTable& table, const std::string& description) {
  Json body = {{"topic", random->Chance(50) ? "demo.job" : "entity.task"},
               {"description", description},
               {"finished", random->Chance(30)}};
  const auto parent = PickRow(table);
  if (parent && random->Chance(25)) body["dependsOn"] = table.id(*parent).Hex();
  if (random->Chance(30)) body["payload"] = {{"n", ++last_number}};
  if (random->Chance(10)) body["hash"] = "shared-" + std::to_string(random->Below(3));
  return body;
}

std::string People::PickStatus() { return random->Pick(kStatuses); }

std::unique_ptr<World> MakeHubWorld(Schedule* schedule, oracle::Random* random) {
  return std::make_unique<HubWorld>(schedule, random);
}

std::unique_ptr<World> MakeStockWorld(Schedule* schedule, oracle::Random* random) {
  return std::make_unique<StockWorld>(schedule, random);
}

}  // namespace cuesheet::simulation
