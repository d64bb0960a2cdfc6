// A hub as its host runs it: answers and messages leave after the commit that covers them, and a
// crash takes back what no commit covers.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "hub_front.h"
#include "journal/testing/memory_env.h"

namespace cuesheet::simulation {

class HubNode final : public HubFront {
 public:
  HubNode(Schedule* schedule, oracle::Random* random);

  void Fetch(const std::string& method, const std::string& path, const std::string& body,
             Answered answered) override {
    answered(Serve(method, path, body));
  }

  // As `cuesheet import`: the history before it cannot be followed any more.
  void Import(const std::string& ndjson);
  // Writes a checkpoint: after a restart only the changes behind it are known.
  void Checkpoint();

  // Loses what is not committed and every socket; Start() brings it back.
  void Crash();
  void Start();
  bool is_up() const { return up_ != nullptr; }
  const EventStore& store() const { return up_->store; }
  // Crashes before one in so many commits; 0 = never.
  void CrashBeforeOneCommitIn(size_t commits) { crash_in_ = commits; }

 private:
  Core* core() override { return up_.get(); }
  bool Commit() override;
  void LookUp(uint32_t client, const std::string& token) override {
    Authenticated(client, token == "good");
  }

  MemoryEnv disk_;
  std::map<std::string, std::string> durable_;
  std::unique_ptr<Core> up_;
  size_t crash_in_ = 0;
};

}  // namespace cuesheet::simulation
