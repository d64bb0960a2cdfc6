// The history: events older than all that the store has, newest first, to its beginning, or until
// the scope keeps nothing older. After a page that cannot be read it continues after
// kHistoryAgainMs.
#pragma once

#include "replica/read_state.h"

namespace cuesheet {

class HistoryTask final : public ReadTask {
 public:
  explicit HistoryTask(ReadState* state) : state_(state) {}

  ReadDue Due() const override;
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp /*now*/) override { again_at_.reset(); }
  void SetBack(int64_t back_us) override { MoveBack(again_at_, back_us); }

  // The part of it that was read, 0 to 1; none = all of it.
  std::optional<double> fraction() const;

 private:
  bool IsBehindScope(const ReadPage& page) const;

  ReadState* state_;
  std::optional<Timestamp> again_at_;
};

}  // namespace cuesheet
