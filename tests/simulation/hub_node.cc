#include "hub_node.h"

namespace cuesheet::simulation {

HubNode::HubNode(Schedule* schedule, oracle::Random* random) : HubFront(schedule, random) {
  Start();
}

void HubNode::Start() {
  disk_.files = durable_;
  up_ = std::make_unique<Core>(&disk_, "store-1", StoreRole::kAuthority);
}

void HubNode::Crash() {
  up_ = nullptr;
  DropClients();
}

bool HubNode::Commit() {
  Publish();
  if (crash_in_ > 0 && random_->Below(crash_in_) == 0) {
    Crash();
    return false;
  }
  const auto commit = up_->store.files().BeginCommit();
  CUE_ASSERT(commit.has_value());
  if (commit->is_needed) {
    durable_ = disk_.files;
    CUE_ASSERT(up_->store.files().Committed(true).has_value());
  }
  CarryOutAll();
  return true;
}

void HubNode::Import(const std::string& ndjson) {
  if (up_ == nullptr) return;
  CUE_ASSERT(up_->store.ledger().Import(ndjson).has_value());
  (void)Commit();
}

void HubNode::Checkpoint() {
  if (up_ == nullptr) return;
  up_->store.files().DemandCheckpoint();
  while (up_->store.files().Maintain().value()) {
  }
  (void)Commit();
}

}  // namespace cuesheet::simulation
