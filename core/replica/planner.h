// Decides which task has its turn (docs/sync.md, A stock server): one request at a time, urgent
// tasks first, the others while the replica is live. read_plan.h has the order, the bounds and the
// times. From a hub only single events are read again. The connection sends the requests and passes
// the answers on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "replica/changes_task.h"
#include "replica/history_task.h"
#include "replica/missing_task.h"
#include "replica/newest_task.h"
#include "replica/open_jobs_task.h"
#include "replica/read_plan.h"
#include "replica/read_state.h"
#include "replica/replaced_task.h"
#include "replica/reread_task.h"
#include "replica/sweep_task.h"
#include "replica/walk_task.h"

namespace cuesheet {

class Planner {
 public:
  Planner(const StoreView* store, Outbox* outbox, Payloads payloads)
      : state_(store, outbox, payloads) {}
  Planner(const Planner&) = delete;  // the tasks point at the state
  Planner& operator=(const Planner&) = delete;

  // A connection was opened: everything that may have been missed has to be read.
  Result<void> Begin(Timestamp now);
  // Whether the upstream is a hub, whose feed brings everything except what Look() asks for.
  void Follow(bool follows);

  // A message of the WebSocket. Fails when the store refuses the write.
  Result<void> Heard(const UpstreamEvent& upstream, Timestamp now);
  // Finds out what the outbox asks.
  void Look(const Outbox::Questions& questions, Timestamp now);
  // The upstream does not say when it took the auth message, so the replica walks once more.
  void LookForNew() { walk_.WantNew(); }

  // The next request that the replica needs to be up to date; none = it is. The request is then
  // under way and replaces an earlier one.
  std::optional<ReadRequest> NextUrgent(Timestamp now);
  bool has_urgent() const;
  // The next other request that is due; call it when nothing is urgent. due() says when there is
  // more.
  std::optional<ReadRequest> NextInBackground(Timestamp now);
  std::optional<Timestamp> due() const;

  bool is_reading() const { return asking_ != nullptr; }
  // What the last answer was, when something else than the upstream gave it; "" = it did not.
  const std::string& intercepted() const { return intercepted_; }
  // The answer to the request under way. Fails when the store refuses a write; then the request
  // stays under way until the connection gives it up.
  Result<ReadOutcome> Answered(const UpstreamAnswer& answer, Timestamp now);
  void GiveUp() { asking_ = nullptr; }

  // The part of the history that has been read, 0 to 1; none = all of it.
  std::optional<double> history() const { return history_.fraction(); }

  // Call this with every time, as with Deadlines, because the clock may be set back.
  void NoteTime(Timestamp now);

 private:
  ReadTask& Task(ReadKind kind) const { return *tasks_[static_cast<size_t>(kind)]; }
  std::optional<ReadRequest> Ask(ReadTask& task, Timestamp now);
  void LookForMissed(Timestamp now);
  void HeardOfNew(const Uuid& id, Timestamp now);

  ReadState state_;
  NewestTask newest_{&state_};
  WalkTask walk_{&state_};
  MissingTask missing_{&state_};
  RereadTask reread_{&state_, &missing_};
  OpenJobsTask open_jobs_{&state_};
  ChangesTask changes_{&state_, &open_jobs_};
  ReplacedTask replaced_{&state_};
  HistoryTask history_{&state_};
  SweepTask sweep_{&state_, &missing_};
  // By ReadKind.
  std::array<ReadTask*, kReadKinds> tasks_ = {&newest_,  &walk_,      &reread_,
                                              &changes_, &open_jobs_, &replaced_,
                                              &missing_, &history_,   &sweep_};
  ReadTask* asking_ = nullptr;  // whose request is under way
  AskedFor asked_for_ = AskedFor::kOther;
  std::string intercepted_;
  std::optional<Timestamp> round_at_;  // when to look for changes without a message
  Deadlines deadlines_;
};

}  // namespace cuesheet
