// The history: what is older than all that is here, newest first, until its beginning or until the
// scope of the store keeps nothing older. After a page that cannot be read it goes on in
// kHistoryAgainMs.
#pragma once

#include "replica/read_state.h"

namespace cuesheet {

class HistoryTask final : public ReadTask {
 public:
  explicit HistoryTask(ReadState* state) : state_(state) {}

  ReadDue Due() const override;
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const ReadAnswer& answer, Timestamp now) override;
  void Begin(Timestamp /*now*/) override { again_at_.reset(); }
  void SetBack(int64_t back_us) override { MoveBack(again_at_, back_us); }

  // The part of it that is here, 0 to 1; none = all of it.
  std::optional<double> fraction() const;

 private:
  bool IsBehindScope(const ReadPage& page) const;

  ReadState* state_;
  std::optional<Timestamp> again_at_;
};

}  // namespace cuesheet
