#include "replica/planner.h"

#include <algorithm>

#include "base/json.h"

namespace cuesheet {
namespace {

// The tasks parse what looks like a success, and look at its shape themselves.
bool IsOwn(AskedFor asked, const UpstreamAnswer& answer) {
  const bool is_success = answer.status >= 200 && answer.status < 300;
  if (is_success) asked = AskedFor::kOther;
  const Json json = is_success ? Json() : ParseJson(answer.body).value_or(Json());
  return SourceOf(asked, answer, json) == AnswerSource::kUpstream;
}

}  // namespace

Result<void> Planner::Begin(Timestamp now) {
  CUE_TRY(state_.Load());
  GiveUp();
  for (ReadTask* const task : tasks_) task->Begin(now);
  round_at_ = In(now, kChangesEveryMs);
  return {};
}

void Planner::Follow(bool follows) {
  if (follows && !state_.follows()) {
    GiveUp();
    for (ReadTask* const task : tasks_) task->Stop();
  }
  state_.Follow(follows);
}

void Planner::Look(const Outbox::Questions& questions, Timestamp now) {
  for (const Uuid& id : questions.rereads) state_.rereads().Add(id);
  for (const Uuid& id : questions.expected) missing_.Expect(id, now);
  if (questions.needs_walk && !state_.follows()) walk_.WantNew();
}

Result<void> Planner::Heard(const UpstreamEvent& upstream, Timestamp now) {
  const Event& event = upstream.event;
  const EventTable& table = state_.table();
  const bool was_here = table.FindById(event.id) != kNoRow;
  if (state_.follows() && !was_here) return {};  // the feed brings stored events
  if (state_.has_payloads() && !was_here) {
    HeardOfNew(event.id, now);
    return {};
  }
  CUE_TRY(state_.outbox().Merge(event, upstream.fields, upstream.progress));
  const Row row = table.FindById(event.id);
  if (state_.follows() || row == kNoRow) return {};  // no row: outside of the scope
  state_.messages().Note(event.id, now);
  if (!was_here) walk_.WantOverlap(now);
  const bool has_number = table.creation_order(row) < kFirstProvisionalOrder;
  if (!has_number) walk_.Want(state_.position().walked_to);
  // Retention had removed the event, and the walk has passed its place already.
  const bool came_back = !was_here && event.created_at < event.updated_at;
  if (IsFinal(event.status) || came_back || state_.has_payloads()) {
    state_.rereads().Add(event.id);
  }
  return {};
}

// A message has no hash, payload or number, and followers of a relay must get whole events. So the
// row is read first, and once more because its transaction may not have ended.
void Planner::HeardOfNew(const Uuid& id, Timestamp now) {
  walk_.WantOverlap(now);
  walk_.Want(state_.position().walked_to);
  state_.rereads().AddLater(id, now, kMessageGraceMs);
}

bool Planner::has_urgent() const {
  return std::ranges::any_of(kUrgentOrder,
                             [this](ReadKind kind) { return Task(kind).Due().is_urgent; });
}

std::optional<ReadRequest> Planner::Ask(ReadTask& task, Timestamp now) {
  auto request = task.Ask(now);
  if (request) {
    asking_ = &task;
    asked_for_ = request->path == "/graphql" ? AskedFor::kGraphql : AskedFor::kOther;
  }
  return request;
}

std::optional<ReadRequest> Planner::NextUrgent(Timestamp now) {
  state_.messages().Forget(now);
  for (const ReadKind kind : kUrgentOrder) {
    ReadTask& task = Task(kind);
    const ReadDue due = task.Due();
    // Rows that wait for their transaction need not also wait until the replica is live.
    const bool is_its_time = kind == ReadKind::kReread && IsDue(due.at, now);
    if (!due.is_urgent && !is_its_time) continue;
    if (auto request = Ask(task, now)) return request;
  }
  return std::nullopt;
}

std::optional<ReadRequest> Planner::NextInBackground(Timestamp now) {
  if (state_.follows()) return IsDue(missing_.Due().at, now) ? Ask(missing_, now) : std::nullopt;
  if (IsDue(walk_.Due().at, now)) return Ask(walk_, now);
  if (IsDue(round_at_, now)) {
    LookForMissed(now);
    return NextUrgent(now);
  }
  for (const ReadKind kind : kBackgroundOrder) {
    ReadTask& task = Task(kind);
    if (!IsDue(task.Due().at, now)) continue;
    if (auto request = Ask(task, now)) return request;
  }
  return std::nullopt;
}

// A message may have been lost, and some changes have no message.
void Planner::LookForMissed(Timestamp now) {
  round_at_ = In(now, kChangesEveryMs);
  walk_.WantNew();
  changes_.Want();
  replaced_.Want();
}

std::optional<Timestamp> Planner::due() const {
  if (state_.follows()) return missing_.Due().at;
  std::optional<Timestamp> next = round_at_;
  for (const ReadTask* const task : tasks_) {
    const auto at = task->Due().at;
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

Result<ReadOutcome> Planner::Answered(const UpstreamAnswer& answer, Timestamp now) {
  CUE_ASSERT(is_reading());
  const bool counts = answer.status == 0 || IsOwn(asked_for_, answer);
  if (counts && answer.status == 401) return ReadOutcome::kUnauthorized;
  CUE_ASSIGN(const ReadOutcome outcome, asking_->Take(counts ? answer : UpstreamAnswer{}, now));
  asking_ = nullptr;
  const bool is_intercepted = !counts || outcome == ReadOutcome::kUnreadable;
  intercepted_ = is_intercepted && answer.status != 0 ? Describe(answer) : "";
  return outcome;
}

void Planner::NoteTime(Timestamp now) {
  const int64_t back_us = deadlines_.SetBack(now);
  if (back_us <= 0) return;
  MoveBack(round_at_, back_us);
  state_.messages().SetBack(back_us);
  for (ReadTask* const task : tasks_) task->SetBack(back_us);
}

}  // namespace cuesheet
