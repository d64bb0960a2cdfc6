// What was updated since the last look, by the times of the upstream: POST /api/query, which only
// admins may ask. For the others, after the first refusal of a connection, the jobs that are open.
#pragma once

#include <cstddef>
#include <cstdint>

#include "replica/open_jobs_task.h"
#include "replica/read_state.h"

namespace cuesheet {

class ChangesTask final : public ReadTask {
 public:
  ChangesTask(ReadState* state, OpenJobsTask* open_jobs) : state_(state), open_jobs_(open_jobs) {}

  // The changes are to be looked for, or the open jobs in their place.
  void Want();

  ReadDue Due() const override { return {.is_urgent = is_wanted_}; }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const ReadAnswer& answer, Timestamp now) override;
  void Begin(Timestamp now) override;
  void Stop() override { is_wanted_ = false; }

 private:
  Result<void> TakeRows(const Json& rows, Timestamp now);

  ReadState* state_;
  OpenJobsTask* open_jobs_;
  bool is_wanted_ = false;
  bool may_query_ = true;  // nothing says that the upstream does not let this user ask
  size_t page_ = 0;
  int64_t below_ = 0;  // the newest creation order when the first page was asked for
  Timestamp mark_{};   // the newest update that was known then
};

}  // namespace cuesheet
