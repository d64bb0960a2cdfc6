// The walk over what is new, by creation order, oldest first, until a page is short. Numbers are
// drawn before their events can be seen, so it begins below the newest number (kOverlapNumbers,
// kOverlapMs), and it is repeated every kOverlapEveryMs for kOverlapMs after a new event.
#pragma once

#include <cstdint>

#include "replica/read_state.h"

namespace cuesheet {

class WalkTask final : public ReadTask {
 public:
  explicit WalkTask(ReadState* state) : state_(state) {}

  // From below the newest number on.
  void WantNew() { Want(OverlapStart()); }
  // From the events behind this creation order on, or from where it was to begin anyway.
  void Want(int64_t after);
  // A new event was told of: numbers below it may show late from now on.
  void WantOverlap(Timestamp now);

  ReadDue Due() const override { return {.is_urgent = after_.has_value(), .at = overlap_at_}; }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const ReadAnswer& answer, Timestamp now) override;
  void Begin(Timestamp now) override;
  void Stop() override { after_.reset(); }
  void SetBack(int64_t back_us) override;

 private:
  int64_t OverlapStart() const;

  ReadState* state_;
  std::optional<int64_t> after_;  // the creation order behind which the next page begins
  bool is_new_ = false;           // nothing of it has been asked yet
  uint64_t number_ = 0;           // in the outbox
  std::optional<Timestamp> overlap_at_, overlap_until_;
};

}  // namespace cuesheet
