// Finds deletes and changes that leave no trace (protocol.md 12.2, 12.3): requests stored events by
// their ids, kRereadBatch at a time. The newest kRecentEvents at once after connecting; then, every
// kSweepEveryMs, the newest events and all events in turns.
#pragma once

#include <cstddef>
#include <vector>

#include "replica/missing_task.h"
#include "replica/read_state.h"

namespace cuesheet {

class SweepTask final : public ReadTask {
 public:
  SweepTask(ReadState* state, MissingTask* missing) : state_(state), missing_(missing) {}

  ReadDue Due() const override { return {.at = next_at_}; }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp now) override;
  void SetBack(int64_t back_us) override { MoveBack(next_at_, back_us); }

 private:
  void Pick();

  ReadState* state_;
  MissingTask* missing_;
  std::vector<Uuid> asked_;
  bool is_recent_ = false;  // it is the turn of the newest events
  size_t recent_done_ = 0;
  size_t at_once_ = 0;                         // batches of the newest events, after connecting
  double recent_before_ = 0, all_before_ = 0;  // creation orders; 0 = from the newest on
  std::optional<Timestamp> next_at_;
};

}  // namespace cuesheet
