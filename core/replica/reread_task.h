// Reads single events again by their ids: jobs that were open when the connection broke, results of
// local writes, rows that a message has overtaken. From a hub nothing else is read.
#pragma once

#include <cstdint>
#include <vector>

#include "replica/missing_task.h"
#include "replica/read_state.h"

namespace cuesheet {

class RereadTask final : public ReadTask {
 public:
  RereadTask(ReadState* state, MissingTask* missing) : state_(state), missing_(missing) {}

  ReadDue Due() const override {
    return {.is_urgent = !state_->rereads().is_empty(), .at = state_->rereads().later_at()};
  }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp now) override;
  void Stop() override { state_->rereads().Clear(); }
  void SetBack(int64_t back_us) override { state_->rereads().SetBack(back_us); }

 private:
  ReadState* state_;
  MissingTask* missing_;
  std::vector<Uuid> asked_;
  uint64_t number_ = 0;  // in the outbox
};

}  // namespace cuesheet
