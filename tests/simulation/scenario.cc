#include "scenario.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "event/codec.h"
#include "replica_node.h"

namespace cuesheet::simulation {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kSettleSeconds = 180;  // after this everything has to be right
constexpr std::array<const char*, 4> kStatuses = {"pending", "in_progress", "finished", "failed"};

class Scenario {
 public:
  explicit Scenario(uint64_t seed) : random_(seed, 0) {
    const size_t count = 1 + random_.Below(3);
    for (size_t i = 0; i < count; ++i) {
      networks_.push_back(std::make_unique<Network>());
      replicas_.push_back(
          std::make_unique<ReplicaNode>(&schedule_, &random_, &hub_, networks_.back().get()));
    }
  }

  std::optional<std::string> Run() {
    Tick();
    const int64_t seconds = 20 + static_cast<int64_t>(random_.Below(100));
    RunFor(seconds, true);
    Mend();
    RunFor(kSettleSeconds, false);
    return Check();
  }

 private:
  void Tick() {
    hub_.Tick();
    schedule_.In(kSecond, [this] { Tick(); });
  }

  void RunFor(int64_t seconds, bool with_actions) {
    const Timestamp end{schedule_.now().us + seconds * kSecond};
    if (with_actions) PlanAction(end);
    while (schedule_.Step(end)) {
    }
  }

  void PlanAction(Timestamp end) {
    schedule_.In(1 + static_cast<int64_t>(random_.Below(500'000)), [this, end] {
      if (schedule_.now().us >= end.us) return;
      Act();
      PlanAction(end);
    });
  }

  void Act() {
    const size_t dice = random_.Below(100);
    if (dice < 30) return WriteAtHub();
    if (dice < 75) return WriteAtReplica();
    Break();
  }

  void Break() {
    const size_t at = random_.Below(replicas_.size());
    ReplicaNode& replica = *replicas_[at];
    Network& network = *networks_[at];
    const int64_t time = static_cast<int64_t>(random_.Below(20)) * kSecond;
    switch (random_.Below(11)) {
      case 0:
        network.is_cut = true;
        replica.Cut();
        return schedule_.In(time, [&network] { network.is_cut = false; });
      case 1:
        return replica.Cut();
      case 2:
        network.lost_percent = random_.Below(60);
        return;
      case 3:
        network.delay_us = static_cast<int64_t>(1) << (10 + random_.Below(12));
        return;
      case 4:
        return replica.Crash();
      case 5:
        replica.FillDisk(true);
        return schedule_.In(time, [&replica] { replica.FillDisk(false); });
      case 6:
        return replica.Freeze(time * 4);
      case 7:
        return replica.SetClock((static_cast<int64_t>(random_.Below(7200)) - 3600) * kSecond);
      case 8:
        if (!hub_.is_up()) return;
        hub_.Crash();
        return schedule_.In(time, [this] { StartHub(); });
      case 9:
        hub_.CrashBeforeOneCommitIn(random_.Chance(50) ? 0 : 50 + random_.Below(100));
        return schedule_.In(time, [this] { StartHub(); });
      default:
        if (random_.Chance(70)) return hub_.Checkpoint();
        const std::string line = R"({"id":")" + NewId() + R"(","topic":"demo.imported"})";
        return hub_.Import(line + '\n');
    }
  }

  void StartHub() {
    if (!hub_.is_up()) hub_.Start();
  }

  void Mend() {
    hub_.CrashBeforeOneCommitIn(0);
    StartHub();
    for (size_t i = 0; i < replicas_.size(); ++i) {
      *networks_[i] = Network();
      replicas_[i]->FillDisk(false);
    }
  }

  std::string NewId() {
    char text[33];
    (void)std::snprintf(text, sizeof text, "%016llx%016llx",
                        static_cast<unsigned long long>(random_.Next()),
                        static_cast<unsigned long long>(random_.Next()));
    return text;
  }

  // An event of this store, or none.
  std::optional<Row> PickRow(const EventTable& table) {
    std::vector<Row> rows;
    table.VisitRange({.newest_first = true}, [&rows](Row row) {
      rows.push_back(row);
      return rows.size() < 30;
    });
    if (rows.empty()) return std::nullopt;
    return rows[random_.Below(rows.size())];
  }

  Json NewEvent(const EventTable& table, const std::string& token) {
    Json body = {{"topic", random_.Chance(50) ? "demo.job" : "entity.task"},
                 {"description", token},
                 {"finished", random_.Chance(30)}};
    const auto parent = PickRow(table);
    if (parent && random_.Chance(25)) body["dependsOn"] = table.id(*parent).Hex();
    if (random_.Chance(10)) body["hash"] = "shared-" + std::to_string(random_.Below(3));
    return body;
  }

  void WriteAtHub() {
    if (!hub_.is_up()) return;
    const EventTable& table = hub_.store().table();
    const auto row = PickRow(table);
    const size_t dice = random_.Below(10);
    if (!row || dice < 4) {
      (void)hub_.Ask("dispatch", "", NewEvent(table, "hub").dump());
    } else if (dice < 8) {
      Json body = {{"status", random_.Pick(kStatuses)}};
      const EventView event = table.ViewWithoutPayload(*row);
      if (event.description == "hub" && random_.Chance(50)) {
        body["summary"] = ParseStoredJson(event.summary);
        body["summary"]["hub"] = ++last_;
      }
      if (random_.Chance(30)) body["progress"] = random_.Below(100);
      (void)hub_.Ask("update", table.id(*row).Hex(), body.dump());
    } else {
      const std::string id = table.id(*row).Hex();
      NoteRemoval(table.ViewWithoutPayload(*row));
      (void)hub_.Ask("delete", id, "");
    }
  }

  void WriteAtReplica() {
    const size_t at = random_.Below(replicas_.size());
    ReplicaNode& replica = *replicas_[at];
    if (replica.IsFrozen()) return;
    const EventTable& table = replica.store().table();
    const auto row = PickRow(table);
    const size_t dice = random_.Below(10);
    if (!row || dice < 4) {
      const std::string token = "w" + std::to_string(++last_);
      const Json body = NewEvent(table, token);
      if (body.contains("hash")) has_shared_hash_.insert(token);
      (void)replica.Dispatch(body, [this, token] { acknowledged_.insert(token); });
    } else if (dice < 8) {
      Update(at, *row);
    } else {
      NoteRemoval(table.ViewWithoutPayload(*row));
      (void)replica.Remove(table.id(*row), [] {});
    }
  }

  // PATCH replaces a summary, so a key can only be relied on where one replica writes summaries.
  bool IsOwner(size_t at, std::string_view token) const {
    return std::hash<std::string_view>()(token) % replicas_.size() == at;
  }

  // Numbers that go up, or a status.
  void Update(size_t at, Row row) {
    ReplicaNode& replica = *replicas_[at];
    const EventView event = replica.store().table().ViewWithoutPayload(row);
    const std::string key = "r" + std::to_string(at);
    const int64_t number = static_cast<int64_t>(++last_);
    const std::string token(event.description);
    Json body = Json::object();
    const bool is_owner = token.starts_with('w') && IsOwner(at, token);
    if (is_owner) body["summary"] = {{key, number}};
    if (!is_owner || random_.Chance(30)) body["status"] = random_.Pick(kStatuses);
    (void)replica.Update(event.id, body, [this, is_owner, key, token, number] {
      if (is_owner && !has_shared_hash_.contains(token)) numbers_[{token, key}] = number;
    });
  }

  void NoteRemoval(const EventView& event) { removals_.insert(std::string(event.description)); }

  static std::map<std::string, std::string> EventsOf(const EventStore& store) {
    std::map<std::string, std::string> events;
    const EventTable& table = store.table();
    table.VisitRange({.newest_first = true}, [&](Row row) {
      std::string text;
      AppendEvent(text, table.ViewWithoutPayload(row), EventForm::kRow);
      events[table.id(row).Hex()] = std::move(text);
      return true;
    });
    return events;
  }

  std::optional<std::string> Check() {
    const auto at_hub = EventsOf(hub_.store());
    for (size_t i = 0; i < replicas_.size(); ++i) {
      const std::string name = "replica " + std::to_string(i);
      if (replicas_[i]->state() != ConnectionState::kLive) {
        return name + " is " + std::string(ConnectionStateName(replicas_[i]->state()));
      }
      if (replicas_[i]->outbox().queued > 0)
        return name + " has not sent " + replicas_[i]->OutboxList();
      if (const auto wrong = Compare(at_hub, EventsOf(replicas_[i]->store()))) {
        return name + ": " + *wrong;
      }
    }
    if (auto wrong = CheckDispatches()) return wrong;
    return CheckUpdates();
  }

  static std::optional<std::string> Compare(const std::map<std::string, std::string>& hub,
                                            const std::map<std::string, std::string>& replica) {
    for (const auto& [id, text] : hub) {
      const auto it = replica.find(id);
      if (it == replica.end()) return "is missing " + text;
      if (it->second != text) return "has " + it->second + " for " + text;
    }
    for (const auto& [id, text] : replica) {
      if (!hub.contains(id)) return "has " + text + ", which the hub does not have";
    }
    return std::nullopt;
  }

  // An acknowledged dispatch is at the hub, once, unless it was refused and is listed.
  std::optional<std::string> CheckDispatches() {
    std::map<std::string, int> found;
    const EventTable& table = hub_.store().table();
    table.VisitRange({.newest_first = true}, [&](Row row) {
      ++found[std::string(table.ViewWithoutPayload(row).description)];
      return true;
    });
    for (const auto& [token, times] : found) {
      if (token.starts_with('w') && times > 1) return "the dispatch " + token + " arrived twice";
    }
    for (const std::string& token : acknowledged_) {
      if (found.contains(token) || removals_.contains(token) || IsInOutbox(token)) continue;
      if (has_shared_hash_.contains(token)) continue;
      return "the dispatch " + token + " is lost";
    }
    return std::nullopt;
  }

  std::optional<std::string> CheckUpdates() {
    const EventTable& table = hub_.store().table();
    std::map<std::string, Json> summaries;
    table.VisitRange({.newest_first = true}, [&](Row row) {
      const EventView event = table.ViewWithoutPayload(row);
      summaries[std::string(event.description)] = ParseStoredJson(event.summary);
      return true;
    });
    for (const auto& [key, number] : numbers_) {
      const auto& [token, member] = key;
      // A dispatch whose answer was lost is sent again, and makes anew what was deleted meanwhile.
      if (removals_.contains(token)) continue;
      const auto it = summaries.find(token);
      if (it == summaries.end() || IsInOutbox(member + "\":" + std::to_string(number))) continue;
      if (it->second.value(member, int64_t{0}) < number) {
        return "the update " + std::to_string(number) + " of " + token +
               " is lost: " + it->second.dump();
      }
    }
    return std::nullopt;
  }

  bool IsInOutbox(const std::string& text) {
    return std::ranges::any_of(replicas_, [&text](const auto& replica) {
      return replica->OutboxList().find(text) != std::string::npos;
    });
  }

  Schedule schedule_;
  oracle::Random random_;
  HubNode hub_{&schedule_, &random_};
  std::vector<std::unique_ptr<Network>> networks_;
  std::vector<std::unique_ptr<ReplicaNode>> replicas_;
  uint64_t last_ = 0;
  std::set<std::string> acknowledged_;  // dispatches, by their description
  std::set<std::string> removals_;      // events that somebody has removed, or wanted to
  std::set<std::string> has_shared_hash_;
  std::map<std::pair<std::string, std::string>, int64_t> numbers_;  // by event and key
};

}  // namespace

std::optional<std::string> RunScenario(uint64_t seed) { return Scenario(seed).Run(); }

}  // namespace cuesheet::simulation
