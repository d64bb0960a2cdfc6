// A hub as its host runs it: answers and messages leave after the commit that covers them, and a
// crash takes back what no commit covers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "../oracle/random.h"
#include "dice.h"
#include "hub/api.h"
#include "hub/sockets.h"
#include "journal/testing/memory_env.h"
#include "schedule.h"
#include "server.h"

namespace cuesheet::simulation {

class HubNode final : public Server {
 public:
  HubNode(Schedule* schedule, oracle::Random* random);

  // A request of the hub's API, by its operation. None while it is down, or when it crashes.
  Answer Ask(std::string_view operation, const std::string& id, const std::string& body);
  // The same by method and path, as a replica sends it.
  Answer Fetch(const std::string& method, const std::string& path,
               const std::string& body) override;

  uint32_t Open(Frame frame) override;
  void Message(uint32_t client, std::string_view text) override;
  void Close(uint32_t client) override;
  void Tick();

  // As `cuesheet import`: the history before it cannot be followed any more.
  void Import(const std::string& ndjson);
  // Writes a checkpoint: after a restart the feed has only the changes after it.
  void Checkpoint();

  // Loses what is not committed and every socket; Start() brings it back.
  void Crash();
  void Start();
  bool is_up() const { return up_ != nullptr; }
  const EventStore& store() const { return up_->store; }
  // Crashes before one in this many commits; 0 = never.
  void CrashBeforeOneCommitIn(size_t commits) { crash_in_ = commits; }

 private:
  struct Up {
    EventStore store;
    EffectQueue effects;
    HubApi api{&store};
    Sockets sockets{&effects, &store, &api.feed()};
    explicit Up(Env* env) : store(env) {}
  };

  Answer Graphql(const std::string& body);
  Answer Snapshot();
  bool Commit();
  void CarryOut();

  Schedule* schedule_;
  oracle::Random* random_;
  MemoryEnv disk_;
  std::map<std::string, std::string> durable_;
  std::unique_ptr<Up> up_;
  std::map<uint32_t, Frame> clients_;
  uint32_t last_client_ = 0;
  size_t crash_in_ = 0;
};

}  // namespace cuesheet::simulation
