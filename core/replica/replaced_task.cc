#include "replica/replaced_task.h"

namespace cuesheet {

std::optional<ReadRequest> ReplacedTask::Ask(Timestamp /*now*/) {
  return state_->AskPage("last", R"(,"topics":["addon.install","server.restart_required"])");
}

Result<ReadOutcome> ReplacedTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSIGN(const ReadPage page, state_->TakePage(answer, now));
  const bool is_answer =
      page.outcome == ReadOutcome::kDone || page.outcome == ReadOutcome::kUnreadable;
  if (!is_answer) return page.outcome;
  is_wanted_ = false;  // the next round asks again for what cannot be read now
  return ReadOutcome::kDone;
}

}  // namespace cuesheet
