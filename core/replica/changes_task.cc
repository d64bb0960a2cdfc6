#include "replica/changes_task.h"

#include <algorithm>

#include "base/json.h"

namespace cuesheet {

void ChangesTask::Begin(Timestamp /*now*/) {
  may_query_ = true;
  is_wanted_ = state_->has_begun();
  page_ = 0;
}

void ChangesTask::Want() {
  is_wanted_ = may_query_;
  if (!may_query_) open_jobs_->Want();
}

// The newest event first, below a fixed number, so that new events do not move the pages.
std::optional<ReadRequest> ChangesTask::Ask(Timestamp /*now*/) {
  if (page_ == 0) {
    below_ = state_->position().walked_to;
    mark_ = state_->NewestUpdate();
  }
  const Timestamp since{state_->position().changes.us - kClockToleranceMs * 1000};
  const std::string filter = R"({"conditions":[{"key":"updatedAt","operator":"gte","value":")" +
                             since.Iso() +
                             R"("},{"key":"creation_order","operator":"lte","value":)" +
                             std::to_string(below_) + R"(}],"operator":"and"})";
  return ReadRequest{"POST", "/api/query",
                     R"({"entity":"event","filter":)" + filter + R"(,"limit":)" +
                         std::to_string(kChangesPageSize) + R"(,"offset":)" +
                         std::to_string(page_ * kChangesPageSize) + '}'};
}

Result<ReadOutcome> ChangesTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  const int status = answer.status;
  if (status == 0 || status == 502 || status == 503 || status == 504) return ReadOutcome::kFailed;
  const Json rows = status == 200 ? ParseJson(answer.body).value_or(Json()) : Json();
  if (status == 200 && !rows.is_array()) return ReadOutcome::kUnreadable;
  if (!rows.is_array()) {  // this user may not ask, or this server cannot answer
    may_query_ = is_wanted_ = false;
    page_ = 0;
    open_jobs_->Want();
    return ReadOutcome::kDone;
  }
  CUE_TRY(TakeRows(rows, now));
  if (rows.size() >= kChangesPageSize && ++page_ < kMaxChangesPages) return ReadOutcome::kDone;
  is_wanted_ = false;
  page_ = 0;
  ReadPosition position = state_->position();
  position.changes = std::max(position.changes, mark_);
  state_->MoveTo(position);
  return ReadOutcome::kDone;
}

// Rows of POST /api/query have no creation order. An unknown event is therefore read by its id, or
// comes with the history.
Result<void> ChangesTask::TakeRows(const Json& rows, Timestamp now) {
  const bool has_history = state_->position().floor <= 1;
  for (const Json& row : rows) {
    const auto upstream = ParseQueryRow(row, state_->has_payloads());
    if (!upstream) continue;
    if (state_->table().FindById(upstream->event.id) != kNoRow) {
      CUE_TRY(state_->TakeRow(*upstream, now));
    } else if (has_history) {
      state_->rereads().Add(upstream->event.id);
    }
  }
  return {};
}

}  // namespace cuesheet
