#include "replica/newest_task.h"

#include <algorithm>

namespace cuesheet {

std::optional<ReadRequest> NewestTask::Ask(Timestamp /*now*/) {
  return state_->AskPage("last", "");
}

Result<ReadOutcome> NewestTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSIGN(const ReadPage page, state_->TakePage(answer, now));
  if (page.outcome != ReadOutcome::kDone) return page.outcome;
  is_wanted_ = false;
  state_->MoveTo({.walked_to = std::max(state_->position().walked_to, page.highest),
                  .floor = page.is_full() ? page.lowest : 0,
                  .changes = state_->NewestUpdate()});
  return ReadOutcome::kDone;
}

}  // namespace cuesheet
