#include "replica/walk_task.h"

#include <algorithm>
#include <utility>

#include "event/codec.h"

namespace cuesheet {

void WalkTask::Begin(Timestamp /*now*/) {
  after_.reset();
  if (state_->has_begun()) WantNew();
}

void WalkTask::Want(int64_t after) {
  after_ = std::min(after_.value_or(after), after);
  is_new_ = true;
}

void WalkTask::WantOverlap(Timestamp now) {
  overlap_until_ = In(now, kOverlapMs);
  if (!overlap_at_) overlap_at_ = In(now, kOverlapEveryMs);
}

// By the events' own times, which are of the upstream's clock.
int64_t WalkTask::OverlapStart() const {
  const EventTable& table = state_->table();
  const int64_t walked_to = state_->position().walked_to;
  int64_t start = std::max<int64_t>(0, walked_to - kOverlapNumbers);
  std::optional<Timestamp> newest;
  size_t visited = 0;
  const OrderRange range{.before = static_cast<double>(walked_to + 1), .newest_first = true};
  table.VisitRange(range, [&](Row row) {
    if (!newest) newest = table.created_at(row);
    start = std::min(start, table.creation_order(row));
    const bool is_recent = newest->us - table.created_at(row).us < kOverlapMs * 1000;
    return is_recent && ++visited < kMaxOverlapEvents;
  });
  return start;
}

std::optional<ReadRequest> WalkTask::Ask(Timestamp now) {
  if (!after_) {  // it is time to look for late numbers
    overlap_at_.reset();
    if (overlap_until_ && now < *overlap_until_) overlap_at_ = In(now, kOverlapEveryMs);
    WantNew();
  }
  if (std::exchange(is_new_, false)) number_ = state_->outbox().RereadBegins();
  const std::string cursor = *after_ > 0 ? R"(,"after":")" + CursorOf(*after_) + '"' : "";
  return state_->AskPage("first", cursor);
}

Result<ReadOutcome> WalkTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSIGN(const ReadPage page, state_->TakePage(answer, now));
  if (page.outcome != ReadOutcome::kDone) return page.outcome;
  ReadPosition position = state_->position();
  position.walked_to = std::max(position.walked_to, page.highest);
  after_.reset();
  if (page.is_full()) after_ = page.last;
  state_->MoveTo(position);
  if (!after_) CUE_TRY(state_->outbox().WalkEnded(number_));
  return ReadOutcome::kDone;
}

void WalkTask::SetBack(int64_t back_us) {
  MoveBack(overlap_at_, back_us);
  MoveBack(overlap_until_, back_us);
}

}  // namespace cuesheet
