#include "replica/missing_task.h"

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace cuesheet {

void MissingTask::Note(std::span<const Uuid> asked, const std::set<Uuid>& found, Timestamp now) {
  const EventTable& table = state_->table();
  for (const Uuid& id : asked) {
    const Row row = table.FindById(id);
    if (found.contains(id)) confirmed_.erase(id);
    if (found.contains(id) || row == kNoRow || state_->outbox().HasDispatch(id)) continue;
    if (confirmed_.erase(id) > 0) {  // it exists, and is hidden
      hidden_until_ = std::max(hidden_until_, table.updated_at(row));
    } else if (table.creation_order(row) < kFirstProvisionalOrder) {
      if (to_ask_.size() < kMaxMissing) to_ask_.push_back(id);
    } else if (!before_.contains(id) && missing_.size() < kMaxMissing) {
      missing_.insert(id);
    }
  }
  if (!missing_.empty() && !again_at_) again_at_ = In(now, kMissingAgainMs);
}

void MissingTask::Expect(const Uuid& id, Timestamp now) {
  if (missing_.size() < kMaxMissing) missing_.insert(id);
  if (!again_at_) again_at_ = In(now, kMissingAgainMs);
}

// The feed brings everything but the rows of dispatches that are waiting, which a new connection
// asks for again.
void MissingTask::Stop() {
  to_ask_.clear();
  missing_.clear();
  before_.clear();
  again_at_.reset();
}

// Whether the feed has brought the row since, or its removal.
bool MissingTask::IsSettled(const Uuid& id) const {
  return state_->follows() && !state_->outbox().HasDispatch(id);
}

std::optional<ReadRequest> MissingTask::Ask(Timestamp now) {
  if (IsDue(again_at_, now)) {
    to_ask_.insert(to_ask_.end(), before_.begin(), before_.end());
    before_ = std::exchange(missing_, {});
    again_at_.reset();
    if (!before_.empty()) again_at_ = In(now, kMissingAgainMs);
  }
  while (!to_ask_.empty() && IsSettled(to_ask_.front())) to_ask_.pop_front();
  if (to_ask_.empty()) return std::nullopt;
  asked_ = to_ask_.front();
  to_ask_.pop_front();
  return ReadRequest{"GET", "/api/events/" + asked_.Hex(), {}};
}

Result<ReadOutcome> MissingTask::Take(const UpstreamAnswer& answer, Timestamp now) {
  if (answer.status == 404) CUE_TRY(state_->outbox().RemovedUpstream(asked_));
  const Json event = answer.status == 200 ? ParseJson(answer.body).value_or(Json()) : Json();
  if (answer.status == 200 &&
      SourceOf(AskedFor::kEvent, answer, event) != AnswerSource::kUpstream) {
    return ReadOutcome::kUnreadable;
  }
  if (state_->follows()) {
    if (answer.status != 404) Expect(asked_, now);
    return ReadOutcome::kDone;
  }
  if (answer.status == 200) {
    if (confirmed_.size() < kMaxMissing) confirmed_.insert(asked_);
    state_->rereads().Add(asked_);
  }
  // Otherwise this user may not see it, or there was no answer: a later sweep misses it again.
  return ReadOutcome::kDone;
}

}  // namespace cuesheet
