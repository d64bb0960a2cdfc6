#include "replica/open_jobs_task.h"

#include "event/codec.h"

namespace cuesheet {

std::optional<ReadRequest> OpenJobsTask::Ask(Timestamp /*now*/) {
  std::string more = R"(,"statuses":["pending","in_progress","restarted"])";
  if (!before_.empty()) more += R"(,"before":")" + before_ + '"';
  return state_->AskPage("last", more);
}

Result<ReadOutcome> OpenJobsTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSIGN(const ReadPage page, state_->TakePage(answer, now));
  if (page.outcome == ReadOutcome::kUnreadable) {  // the next round asks again
    End();
    return ReadOutcome::kDone;
  }
  if (page.outcome != ReadOutcome::kDone) return page.outcome;
  if (page.is_full() && ++page_ < kMaxOpenPages) {
    before_ = CursorOf(page.last);
  } else {
    End();
  }
  return ReadOutcome::kDone;
}

void OpenJobsTask::End() {
  is_wanted_ = false;
  page_ = 0;
  before_.clear();
}

}  // namespace cuesheet
