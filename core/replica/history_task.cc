#include "replica/history_task.h"

#include "event/codec.h"

namespace cuesheet {

ReadDue HistoryTask::Due() const {
  if (state_->position().floor <= 1) return {};
  return {.at = again_at_.value_or(Timestamp{})};
}

std::optional<double> HistoryTask::fraction() const {
  const ReadPosition& position = state_->position();
  if (state_->follows() || position.floor <= 1 || position.walked_to <= 0) return std::nullopt;
  return 1 - static_cast<double>(position.floor) / static_cast<double>(position.walked_to + 1);
}

std::optional<ReadRequest> HistoryTask::Ask(Timestamp /*now*/) {
  again_at_.reset();
  return state_->AskPage("last", R"(,"before":")" + CursorOf(state_->position().floor) + '"');
}

Result<ReadOutcome> HistoryTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSIGN(const ReadPage page, state_->TakePage(answer, now));
  if (page.outcome == ReadOutcome::kUnreadable) {
    again_at_ = In(now, kHistoryAgainMs);
    return ReadOutcome::kDone;
  }
  if (page.outcome != ReadOutcome::kDone) return page.outcome;
  ReadPosition position = state_->position();
  const bool is_older = page.lowest < position.floor;
  position.floor = page.is_full() && is_older && !IsBehindScope(page) ? page.lowest : 0;
  state_->MoveTo(position);
  return ReadOutcome::kDone;
}

// The scope would keep no older event.
bool HistoryTask::IsBehindScope(const ReadPage& page) const {
  if (!state_->store().scope()) return false;
  const Scope& scope = *state_->store().scope();
  const auto events = static_cast<int64_t>(state_->table().size());
  if (scope.max_events && events >= *scope.max_events) return true;
  if (scope.max_bytes && events * kScopeRowBytes >= *scope.max_bytes) return true;
  return scope.max_age_seconds &&
         page.newest_update.us < state_->position().changes.us - *scope.max_age_seconds * 1'000'000;
}

}  // namespace cuesheet
