#include "scenario.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/json.h"
#include "event/codec.h"
#include "relay_node.h"
#include "replica.h"
#include "world.h"

namespace cuesheet::simulation {
namespace {

constexpr int64_t kCheckSeconds = 30;
constexpr int64_t kGoodChecks = 3;  // in a row
constexpr size_t kRelayPercent = 40;
constexpr int64_t kRelaySettleSeconds = 120;

class Scenario {
 public:
  explicit Scenario(uint64_t seed) : random_(seed, 0) {
    const bool is_hub = seed % 2 == 1;
    world_ = is_hub ? MakeHubWorld(&schedule_, &random_) : MakeStockWorld(&schedule_, &random_);
    if (random_.Chance(kRelayPercent)) {
      relay_ = std::make_unique<RelayNode>(&schedule_, &random_, world_->server());
    }
    const size_t count = 1 + random_.Below(3);
    for (size_t i = 0; i < count; ++i) {
      const bool is_behind = relay_ != nullptr && (i == 0 || random_.Chance(70));
      Server* const server = is_behind ? relay_.get() : world_->server();
      replicas_.push_back(std::make_unique<Replica>(&schedule_, &random_, server, PickScope()));
    }
  }

  std::optional<std::string> Run() {
    Tick();
    const int64_t seconds = 20 + static_cast<int64_t>(random_.Below(100));
    RunFor(seconds, true);
    Mend();
    return Settle();
  }

 private:
  std::optional<Scope> PickScope() {
    if (!random_.Chance(15)) return std::nullopt;
    return Scope{.topics = std::vector<std::string>{"entity.*"}};
  }

  // Without faults all is as it has to be in time, and stays so.
  std::optional<std::string> Settle() {
    std::optional<std::string> wrong;
    int64_t good = 0;
    const int64_t seconds = world_->settle_seconds() + (relay_ ? kRelaySettleSeconds : 0);
    for (int64_t waited = 0; waited < seconds; waited += kCheckSeconds) {
      RunFor(kCheckSeconds, false);
      wrong = Check();
      good = wrong ? 0 : good + 1;
      if (good == kGoodChecks) return std::nullopt;
    }
    return wrong;
  }

  void Tick() {
    world_->Tick();
    if (relay_) relay_->Tick();
    // People log in again where they were logged out.
    for (const auto& replica : replicas_) {
      if (!replica->owner().IsFrozen() && random_.Chance(20)) replica->owner().Login();
    }
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
    if (dice < 30) return world_->Write(people_);
    if (dice < 75) return WriteAtReplica();
    if (relay_ && random_.Chance(30)) return BreakRelay();
    Break();
  }

  void BreakRelay() {
    Network& network = relay_->network();
    const int64_t time = static_cast<int64_t>(random_.Below(20)) * kSecond;
    switch (random_.Below(7)) {
      case 0:
        network.is_cut = true;
        relay_->Cut();
        return schedule_.In(time, [&network] { network.is_cut = false; });
      case 1:
        return relay_->Cut();
      case 2:
        network.lost_percent = random_.Below(60);
        return;
      case 3:
        network.delay_us = static_cast<int64_t>(1) << (10 + random_.Below(12));
        return;
      case 4:
        return relay_->Checkpoint();
      default:
        if (!relay_->is_up()) return;
        relay_->Crash();
        return schedule_.In(time, [this] { StartRelay(); });
    }
  }

  void StartRelay() {
    if (relay_ && !relay_->is_up()) relay_->Start();
  }

  void Break() {
    const size_t at = random_.Below(replicas_.size());
    Replica& replica = *replicas_[at];
    Network& network = replica.network();
    const int64_t time = static_cast<int64_t>(random_.Below(20)) * kSecond;
    switch (random_.Below(11)) {
      case 0:
        network.is_cut = true;
        replica.owner().Cut();
        return schedule_.In(time, [&network] { network.is_cut = false; });
      case 1:
        return replica.owner().Cut();
      case 2:
        network.lost_percent = random_.Below(60);
        return;
      case 3:
        network.delay_us = static_cast<int64_t>(1) << (10 + random_.Below(12));
        return;
      case 4:
        return replica.owner().Crash();
      case 5:
        replica.disk().is_full = true;
        return schedule_.In(time, [&replica] { replica.disk().is_full = false; });
      case 6:
        return replica.owner().Freeze(time * 4);
      case 7:
        return replica.owner().SetClock((static_cast<int64_t>(random_.Below(7200)) - 3600) *
                                        kSecond);
      case 8:
        return replica.TakeOver(time * 4);
      default:
        world_->Break(time);
    }
  }

  void Mend() {
    world_->Mend();
    StartRelay();
    if (relay_) relay_->network() = Network();
    for (const auto& replica : replicas_) {
      replica->network() = Network();
      replica->disk().is_full = false;
    }
  }

  void WriteAtReplica() {
    const size_t at = random_.Below(replicas_.size());
    const Replica& replica = *replicas_[at];
    ReplicaNode& owner = replicas_[at]->owner();
    if (owner.IsFrozen()) return;
    const EventTable& table = owner.store().view().table();
    const auto row = people_.PickRow(table);
    const size_t dice = random_.Below(10);
    if (!row || dice < 4) {
      const std::string token = "w" + std::to_string(++people_.last_number);
      Json body = people_.NewEvent(table, token);
      if (replica.scope()) {
        body["topic"] = "entity.task";
        body.erase("hash");  // another's event with that hash may be outside
      }
      if (body.contains("hash")) has_shared_hash_.insert(token);
      (void)owner.Dispatch(body, [this, token] { acknowledged_.insert(token); });
    } else if (dice < 8) {
      Update(at, *row);
    } else {
      people_.NoteRemoval(table.ViewWithoutPayload(*row));
      (void)owner.Remove(table.id(*row), [] {});
    }
  }

  // PATCH replaces a summary, so a key can only be relied on where one replica writes summaries.
  bool IsOwner(size_t at, std::string_view token) const {
    return std::hash<std::string_view>()(token) % replicas_.size() == at;
  }

  // Numbers that go up, or a status.
  void Update(size_t at, Row row) {
    ReplicaNode& owner = replicas_[at]->owner();
    const EventView event = owner.store().view().table().ViewWithoutPayload(row);
    const std::string key = "r" + std::to_string(at);
    const int64_t number = static_cast<int64_t>(++people_.last_number);
    const std::string token(event.description);
    Json body = Json::object();
    const bool is_owner = token.starts_with('w') && IsOwner(at, token);
    if (is_owner) body["summary"] = {{key, number}};
    if (!is_owner || random_.Chance(30)) body["status"] = people_.PickStatus();
    (void)owner.Update(event.id, body, [this, is_owner, key, token, number] {
      if (is_owner && !has_shared_hash_.contains(token)) numbers_[{token, key}] = number;
    });
  }

  std::map<std::string, std::string> EventsOf(const EventStore& store,
                                              bool with_payloads = false) const {
    std::map<std::string, std::string> events;
    const EventTable& table = store.view().table();
    table.VisitRange({.newest_first = true}, [&](Row row) {
      std::string text;
      const auto event = with_payloads ? table.View(row) : table.ViewWithoutPayload(row);
      CUE_ASSERT(event.has_value());
      AppendEvent(text, *event, EventForm::kRow, std::nullopt, with_payloads);
      Json shown = Json::parse(text);
      world_->DropUnknown(shown);
      events[table.id(row).Hex()] = shown.dump();
      return true;
    });
    return events;
  }

  // What a relay has is all of the server's.
  std::optional<std::string> CheckRelay() {
    if (!relay_) return std::nullopt;
    if (relay_->state() != ConnectionState::kLive) {
      return "the relay is " + std::string(ConnectionStateName(relay_->state()));
    }
    const auto wrong = Compare(EventsOf(world_->store(), true), EventsOf(relay_->store(), true));
    return wrong ? std::optional("the relay: " + *wrong) : std::nullopt;
  }

  std::optional<std::string> Check() {
    if (auto wrong = CheckRelay()) return wrong;
    const auto at_server = EventsOf(world_->store());
    for (size_t i = 0; i < replicas_.size(); ++i) {
      const std::string name = "replica " + std::to_string(i);
      ReplicaNode& owner = replicas_[i]->owner();
      if (owner.state() != ConnectionState::kLive) {
        return name + " is " + std::string(ConnectionStateName(owner.state()));
      }
      if (owner.outbox().queued > 0) return name + " has not sent " + owner.OutboxList();
      auto wrong = Compare(InScope(at_server, *replicas_[i]), EventsOf(owner.store()));
      if (!wrong) wrong = owner.CheckLive();
      if (wrong) return name + ": " + *wrong;
    }
    if (auto wrong = world_->wrong()) return wrong;
    if (auto wrong = CheckDispatches()) return wrong;
    return CheckUpdates();
  }

  static std::map<std::string, std::string> InScope(std::map<std::string, std::string> events,
                                                    const Replica& replica) {
    std::erase_if(events, [&replica](const auto& event) {
      const std::string topic = Json::parse(event.second)["topic"];
      return replica.scope() && !replica.scope()->Covers(topic, std::nullopt);
    });
    return events;
  }

  static std::optional<std::string> Compare(const std::map<std::string, std::string>& server,
                                            const std::map<std::string, std::string>& replica) {
    for (const auto& [id, text] : server) {
      const auto it = replica.find(id);
      if (it == replica.end()) return "is missing " + text;
      if (it->second != text) return "has " + it->second + " for " + text;
    }
    for (const auto& [id, text] : replica) {
      if (!server.contains(id)) return "has " + text + ", which the server does not have";
    }
    return std::nullopt;
  }

  // An acknowledged dispatch is at the hub, once, unless it was refused and is listed.
  std::optional<std::string> CheckDispatches() {
    std::map<std::string, int> found;
    const EventTable& table = world_->store().view().table();
    table.VisitRange({.newest_first = true}, [&](Row row) {
      ++found[std::string(table.ViewWithoutPayload(row).description)];
      return true;
    });
    for (const auto& [token, times] : found) {
      if (token.starts_with('w') && times > 1) return "the dispatch " + token + " arrived twice";
    }
    for (const std::string& token : acknowledged_) {
      if (found.contains(token) || people_.removals.contains(token) || IsInOutbox(token)) continue;
      if (has_shared_hash_.contains(token)) continue;
      return "the dispatch " + token + " is lost";
    }
    return std::nullopt;
  }

  std::optional<std::string> CheckUpdates() {
    const EventTable& table = world_->store().view().table();
    std::map<std::string, Json> summaries;
    table.VisitRange({.newest_first = true}, [&](Row row) {
      const EventView event = table.ViewWithoutPayload(row);
      summaries[std::string(event.description)] = ParseStoredJson(event.summary);
      return true;
    });
    for (const auto& [key, number] : numbers_) {
      const auto& [token, member] = key;
      // A dispatch whose answer was lost is sent again, and makes anew what was deleted meanwhile.
      if (people_.removals.contains(token)) continue;
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
      return replica->owner().OutboxList().find(text) != std::string::npos;
    });
  }

  Schedule schedule_;
  oracle::Random random_;
  std::unique_ptr<World> world_;
  std::unique_ptr<RelayNode> relay_;  // of some scenarios, between the server and replicas
  People people_{&random_};
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::set<std::string> acknowledged_;  // dispatches, by their description
  std::set<std::string> has_shared_hash_;
  std::map<std::pair<std::string, std::string>, int64_t> numbers_;  // by event and key
};

}  // namespace

std::optional<std::string> RunScenario(uint64_t seed) { return Scenario(seed).Run(); }

}  // namespace cuesheet::simulation
