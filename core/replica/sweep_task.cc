#include "replica/sweep_task.h"

namespace cuesheet {

void SweepTask::Begin(Timestamp now) {
  next_at_ = now;
  recent_before_ = 0;
  recent_done_ = 0;
  at_once_ = kRecentEvents / kRereadBatch;
}

std::optional<ReadRequest> SweepTask::Ask(Timestamp now) {
  if (at_once_ > 0) {
    --at_once_;
  } else {
    next_at_ = In(now, kSweepEveryMs);
  }
  Pick();
  if (asked_.empty()) return std::nullopt;
  return state_->AskIds(asked_);
}

// The next events to sweep.
void SweepTask::Pick() {
  is_recent_ = at_once_ > 0 || !is_recent_;
  double& before = is_recent_ ? recent_before_ : all_before_;
  const EventTable& table = state_->table();
  asked_.clear();
  OrderRange range{.newest_first = true};
  if (before > 0) range.before = before;
  table.VisitRange(range, [&](Row row) {
    before = static_cast<double>(table.creation_order(row));
    const bool is_shown = missing_->hidden_until() < table.updated_at(row);
    const Uuid id = table.id(row);
    if (is_shown && !state_->outbox().HasDispatch(id)) asked_.push_back(id);
    return asked_.size() < kRereadBatch;
  });
  if (is_recent_) recent_done_ += kRereadBatch;
  const bool is_over = is_recent_ && recent_done_ >= kRecentEvents;
  if (asked_.size() < kRereadBatch || is_over) {
    before = 0;
    if (is_recent_) at_once_ = recent_done_ = 0;
  }
}

Result<ReadOutcome> SweepTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSIGN(const ReadPage page, state_->TakePage(answer, now));
  if (page.outcome == ReadOutcome::kUnreadable) return ReadOutcome::kDone;  // a later sweep asks
  if (page.outcome != ReadOutcome::kDone) return page.outcome;
  if (!state_->follows()) missing_->Note(asked_, page.found, now);
  return ReadOutcome::kDone;
}

}  // namespace cuesheet
