// Updates since it last asked, by the upstream's times: POST /api/query, which only admins may use.
// For other users, after the first refusal of a connection, the open jobs are read instead.
#pragma once

#include <cstddef>
#include <cstdint>

#include "replica/open_jobs_task.h"
#include "replica/read_state.h"

namespace cuesheet {

class ChangesTask final : public ReadTask {
 public:
  ChangesTask(ReadState* state, OpenJobsTask* open_jobs) : state_(state), open_jobs_(open_jobs) {}

  // Looks for changes, or for the open jobs in their place.
  void Want();

  ReadDue Due() const override { return {.is_urgent = is_wanted_}; }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp now) override;
  void Stop() override { is_wanted_ = false; }

 private:
  Result<void> TakeRows(const Json& rows, Timestamp now);

  ReadState* state_;
  OpenJobsTask* open_jobs_;
  bool is_wanted_ = false;
  bool may_query_ = true;  // the upstream has not refused this user yet
  size_t page_ = 0;
  int64_t below_ = 0;  // the newest creation order when the first page was requested
  Timestamp mark_{};   // the newest update that the replica had then
};

}  // namespace cuesheet
