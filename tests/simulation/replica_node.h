// A replica as the worker runs it that owns its database: effects are carried out at once, a write
// is acknowledged when the commit that covers it is done, and a crash takes back what no commit
// covers.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../oracle/random.h"
#include "base/json.h"
#include "connection_host.h"
#include "dice.h"
#include "journal/testing/memory_env.h"
#include "replica/connection.h"
#include "replica/outbox.h"
#include "schedule.h"
#include "server.h"

namespace cuesheet::simulation {

// What the commits of all owners left, and who owns it now.
struct Disk {
  std::map<std::string, std::string> files;
  uint64_t epoch = 0;
  bool is_full = false;  // commits fail
};

class ReplicaNode final : private ConnectionOwner {
 public:
  // Becomes the owner of the disk.
  ReplicaNode(Schedule* schedule, oracle::Random* random, Server* server, const Network* network,
              std::optional<Scope> scope, Disk* disk);

  // Local writes; `acknowledged` is called once they are durable. False when they were refused.
  bool Dispatch(const Json& body, std::function<void()> acknowledged);
  bool Update(const Uuid& id, const Json& body, std::function<void()> acknowledged);
  bool Remove(const Uuid& id, std::function<void()> acknowledged);

  // The user has logged in again.
  void Login();

  // Loses what no commit covers, then starts again.
  void Crash();
  void Cut() { host_.Cut(); }
  // Time goes on without it until then.
  void Freeze(int64_t microseconds) {
    frozen_until_.us = std::max(frozen_until_.us, schedule_->now().us + microseconds);
  }
  bool IsFrozen() const { return frozen_until_.us > schedule_->now().us; }
  // By the device's clock, which is not the hub's.
  void SetClock(int64_t skew_us) { skew_us_ = skew_us; }

  const EventStore& store() const { return up_->store; }
  ConnectionState state() const { return up_->connection.state(); }
  Outbox::Counts outbox() const { return up_->outbox.counts(); }
  std::string OutboxList();
  const std::optional<Scope>& scope() const { return scope_; }
  // A live query whose page is not what the query gives now, a sentence.
  std::optional<std::string> CheckLive() const;

 private:
  struct Up {
    EventStore store;
    EffectQueue effects;
    Outbox outbox{&store, &effects};
    Connection connection{&store, &effects, &outbox};
    explicit Up(Env* env) : store(env, {.role = StoreRole::kReplica}) {}
  };

  void Start();
  void OpenLive();
  void ApplyPatches();
  Connection& connection() override { return up_->connection; }
  Timestamp Now() const override { return {schedule_->now().us + skew_us_}; }
  // When it is not frozen.
  void Later(int64_t delay_us, std::function<void()> work) override;
  void Settle() override;
  void Thaw();
  void Commit();
  void End();
  void CarryOut(const Json& effect);
  bool Write(const Result<Outbox::Queued>& queued, std::function<void()> acknowledged);

  Schedule* schedule_;
  oracle::Random* random_;
  ConnectionHost host_;
  std::optional<Scope> scope_;
  std::map<uint32_t, Json> pages_;  // of live queries
  Disk* disk_;
  uint64_t epoch_ = 0;  // that of the disk when this life began
  MemoryEnv files_;
  std::unique_ptr<Up> up_;
  uint64_t life_ = 0;  // counts starts
  uint64_t wake_ = 0;
  bool commit_is_due_ = false;
  Timestamp frozen_until_{};
  std::deque<std::function<void()>> frozen_work_;
  int64_t skew_us_ = 0;
  std::vector<std::function<void()>> waiting_;  // for the next commit
};

}  // namespace cuesheet::simulation
