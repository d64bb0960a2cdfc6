// A relay as its host runs it (worker/edge/relay/): it
// follows a hub or a stock server, answers reads from its copy in memory, hands writes on, and asks
// the upstream who its callers are.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "connection_host.h"
#include "hub_front.h"
#include "journal/testing/memory_env.h"
#include "replica/outbox.h"

namespace cuesheet::simulation {

class RelayNode final : public HubFront, private ConnectionOwner {
 public:
  RelayNode(Schedule* schedule, oracle::Random* random, Server* upstream);

  void Fetch(const std::string& method, const std::string& path, const std::string& body,
             Answered answered) override;

  // Loses all that it has and every socket; Start() brings it back, as another store.
  void Crash();
  void Start();
  bool is_up() const { return up_ != nullptr; }
  // The socket to the upstream breaks.
  void Cut() {
    if (is_up()) host_.Cut();
  }
  // Payloads leave memory.
  void Checkpoint();
  Network& network() { return network_; }
  const EventStore& store() const { return up_->hub.store; }
  ConnectionState state() const { return up_->connection.state(); }

 private:
  struct Up {
    MemoryEnv files;
    Core hub;
    Outbox outbox{&hub.store, &hub.effects};
    Connection connection{&hub.store, &hub.effects, &outbox, Payloads::kWithEvents};
    explicit Up(std::string id) : hub(&files, std::move(id), StoreRole::kRelay) {}
  };

  Core* core() override { return up_ == nullptr ? nullptr : &up_->hub; }
  bool Commit() override;
  void CarryOutOther(const Json& effect) override { (void)host_.CarryOut(effect); }
  void LookUp(uint32_t client, const std::string& token) override;

  Connection& connection() override { return up_->connection; }
  Timestamp Now() const override { return schedule_->now(); }
  void Later(int64_t delay_us, std::function<void()> work) override;
  void Settle() override {
    if (is_up()) (void)Commit();
  }

  void AskUpstream(uint64_t number, const std::string& method, const std::string& path,
                   const std::string& body);
  // Asks the upstream, or knows: 200, 401, or 503 when there is no answer.
  void Identify(std::function<void(int)> known);
  uint64_t Hold(Answered answered);
  void Release(uint64_t number, const Answer& answer);

  Network network_;
  ConnectionHost host_;
  std::unique_ptr<Up> up_;
  uint64_t life_ = 0;                  // counts starts and crashes
  std::map<uint64_t, Answered> held_;  // requests that wait for the upstream
  uint64_t last_held_ = 0;
  int known_ = 0;  // what the upstream said of the callers
  Timestamp known_until_{};
};

}  // namespace cuesheet::simulation
