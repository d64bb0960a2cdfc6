// The walk over new events by creation order, oldest first, until a page is short. Numbers are
// given before their events can be seen. The walk therefore begins below the newest number
// (kOverlapNumbers, kOverlapMs), and is repeated every kOverlapEveryMs for kOverlapMs after a new
// event.
#pragma once

#include <cstdint>

#include "replica/read_state.h"

namespace cuesheet {

class WalkTask final : public ReadTask {
 public:
  explicit WalkTask(ReadState* state) : state_(state) {}

  // From below the newest number on.
  void WantNew() { Want(OverlapStart()); }
  // Begins after this creation order, or earlier when that was planned anyway.
  void Want(int64_t after);
  // A message named a new event: numbers below it may show late from now on.
  void WantOverlap(Timestamp now);

  ReadDue Due() const override { return {.is_urgent = after_.has_value(), .at = overlap_at_}; }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp now) override;
  void Stop() override { after_.reset(); }
  void SetBack(int64_t back_us) override;

 private:
  int64_t OverlapStart() const;

  ReadState* state_;
  std::optional<int64_t> after_;  // the next page begins after this creation order
  bool is_new_ = false;           // it has sent no request yet
  uint64_t number_ = 0;           // in the outbox
  std::optional<Timestamp> overlap_at_, overlap_until_;
};

}  // namespace cuesheet
