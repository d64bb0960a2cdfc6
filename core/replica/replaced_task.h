// Events that `reuse` has given a new id (protocol.md 12.3): the newest page of the topics that use
// it. A row with the hash of a stored event replaces that event.
#pragma once

#include "replica/read_state.h"

namespace cuesheet {

class ReplacedTask final : public ReadTask {
 public:
  explicit ReplacedTask(ReadState* state) : state_(state) {}

  void Want() { is_wanted_ = true; }

  ReadDue Due() const override {
    return {.at = is_wanted_ ? std::optional(Timestamp{}) : std::nullopt};
  }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp /*now*/) override { is_wanted_ = state_->has_begun(); }
  void Stop() override { is_wanted_ = false; }

 private:
  ReadState* state_;
  bool is_wanted_ = false;
};

}  // namespace cuesheet
