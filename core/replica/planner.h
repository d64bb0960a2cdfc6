// Which task of reading has its turn (docs/sync.md, A stock server): one request at a time, what is
// urgent first, the rest while the replica is live; the order, the bounds and the times are in
// read_plan.h. Of a hub only single events are read again. For the connection, which sends the
// requests and hands over the answers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
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

  // A connection was opened: everything that may have been missed is to be read.
  Result<void> Begin(Timestamp now);
  // Whether the upstream is a hub, whose feed tells all but what Look() asks for.
  void Follow(bool follows);

  // A message of the WebSocket. Fails when the store refuses the write.
  Result<void> Heard(const UpstreamEvent& upstream, Timestamp now);
  // These are to be read again; `walk`: so is what is new.
  void Look(std::span<const Uuid> ids, bool walk);
  // Nobody says when the upstream took the auth message: new events are looked for once more.
  void LookForNew() { walk_.WantNew(); }

  // What has to be read before the replica is up to date; none = it is. The request is under way
  // then, in place of one that was.
  std::optional<ReadRequest> NextUrgent(Timestamp now);
  bool has_urgent() const;
  // What else is due, to be called when nothing is urgent; and when there is more of that.
  std::optional<ReadRequest> NextInBackground(Timestamp now);
  std::optional<Timestamp> due() const;

  bool is_reading() const { return asking_ != nullptr; }
  // The answer to the request under way. Fails when the store refuses a write; the request stays
  // under way then, until the connection gives it up.
  Result<ReadOutcome> Answered(const ReadAnswer& answer, Timestamp now);
  void GiveUp() { asking_ = nullptr; }

  // The part of the history that has been read, 0 to 1; none = all of it.
  std::optional<double> history() const { return history_.fraction(); }

  // To be told of every clock that is set back, as Deadlines.
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
  ReadTask* asking_ = nullptr;         // whose request is under way
  std::optional<Timestamp> round_at_;  // what nothing tells of is looked for then
  Deadlines deadlines_;
};

}  // namespace cuesheet
