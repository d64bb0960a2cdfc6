// The newest page of all, when an upstream is read for the first time. After it the replica is
// live.
#pragma once

#include "replica/read_state.h"

namespace cuesheet {

class NewestTask final : public ReadTask {
 public:
  explicit NewestTask(ReadState* state) : state_(state) {}

  ReadDue Due() const override { return {.is_urgent = is_wanted_}; }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp /*now*/) override { is_wanted_ = !state_->has_begun(); }
  void Stop() override { is_wanted_ = false; }

 private:
  ReadState* state_;
  bool is_wanted_ = false;
};

}  // namespace cuesheet
