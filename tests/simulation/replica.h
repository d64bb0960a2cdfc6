// A replica in several tabs. The worker of one of them owns the database and answers the others;
// when it does not answer, another one takes over, and the first wakes up later without knowing
// (docs/design.md, Tabs).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replica_node.h"

namespace cuesheet::simulation {

class Replica {
 public:
  Replica(Schedule* schedule, oracle::Random* random, Server* server, std::optional<Scope> scope)
      : schedule_(schedule), random_(random), server_(server), scope_(std::move(scope)) {
    Open();
  }

  // What the owner answers now.
  ReplicaNode& owner() { return *owners_.back(); }
  const ReplicaNode& owner() const { return *owners_.back(); }
  const std::optional<Scope>& scope() const { return scope_; }
  Network& network() { return network_; }
  Disk& disk() { return disk_; }

  // The owner stops for so long. Another tab waits for an answer, then takes over with what is
  // durable; what the first had not committed is lost, and it goes on with what it had begun when
  // it wakes up.
  void TakeOver(int64_t frozen_us) {
    ReplicaNode& former = owner();
    former.Freeze(frozen_us);
    schedule_->In(kPatienceUs, [this, &former] {
      if (&former == &owner() && former.IsFrozen()) Open();
    });
  }

 private:
  static constexpr int64_t kPatienceUs = 8'000'000;  // worker/browser/patience.ts

  void Open() {
    owners_.push_back(
        std::make_unique<ReplicaNode>(schedule_, random_, server_, &network_, scope_, &disk_));
  }

  Schedule* schedule_;
  oracle::Random* random_;
  Server* server_;
  std::optional<Scope> scope_;
  Network network_;
  Disk disk_;
  std::vector<std::unique_ptr<ReplicaNode>> owners_;  // former ones first
};

}  // namespace cuesheet::simulation
