// The open jobs of an upstream that does not let this user ask for changes: newest first, at most
// kMaxOpenPages.
#pragma once

#include <cstddef>
#include <string>

#include "replica/read_state.h"

namespace cuesheet {

class OpenJobsTask final : public ReadTask {
 public:
  explicit OpenJobsTask(ReadState* state) : state_(state) {}

  void Want() { is_wanted_ = true; }

  ReadDue Due() const override { return {.is_urgent = is_wanted_}; }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp /*now*/) override { End(); }
  void Stop() override { is_wanted_ = false; }

 private:
  void End();

  ReadState* state_;
  bool is_wanted_ = false;
  size_t page_ = 0;
  std::string before_;  // cursor of the next page; "" = the first
};

}  // namespace cuesheet
