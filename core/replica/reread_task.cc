#include "replica/reread_task.h"

#include <utility>

namespace cuesheet {

// Updates of jobs that are open here may have been missed.
void RereadTask::Begin(Timestamp /*now*/) {
  RereadQueue& rereads = state_->rereads();
  rereads.Clear();
  const EventTable& table = state_->table();
  table.VisitRange({.newest_first = true}, [&](Row row) {
    if (!IsFinal(table.status(row))) rereads.Add(table.id(row));
    return !rereads.is_full();
  });
  state_->outbox().RereadDelivered();
}

std::optional<ReadRequest> RereadTask::Ask(Timestamp now) {
  std::vector<Uuid> batch = state_->rereads().Take(now);
  if (batch.empty()) return std::nullopt;
  asked_ = std::move(batch);
  number_ = state_->outbox().RereadBegins();
  return state_->AskIds(asked_);
}

Result<ReadOutcome> RereadTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSIGN(const ReadPage page, state_->TakePage(answer, now));
  if (page.outcome != ReadOutcome::kDone) return page.outcome;
  CUE_TRY(state_->outbox().RereadEnded(number_, asked_));
  if (!state_->follows()) missing_->Note(asked_, page.found, now);
  return ReadOutcome::kDone;
}

}  // namespace cuesheet
