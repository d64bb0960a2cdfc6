// One task of reading a stock server. It says when it next wants to run, makes its request and
// takes the answer. The planner (planner.h) gives one task at a time its turn; turns are not
// its concern.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"
#include "replica/upstream_answer.h"

namespace cuesheet {

struct ReadRequest {
  std::string_view method;
  std::string path;
  std::string body;  // JSON; "" = none
};

enum class ReadOutcome : uint8_t {
  kDone,
  kUnauthorized,  // the upstream does not accept the user
  kFailed,        // no answer
  kUnreadable     // an answer that does not fit the request
};

struct ReadDue {
  bool is_urgent = false;         // now: without its answer the replica is not up to date
  std::optional<Timestamp> at{};  // at this time; Timestamp{} = as soon as nothing is urgent; none
                                  // = not before something happens
};

class ReadTask {
 public:
  virtual ReadDue Due() const = 0;
  // Called when the task is due; none = there is nothing to ask after all.
  virtual std::optional<ReadRequest> Ask(Timestamp now) = 0;
  // The answer to the last request. Fails when the store refuses a write.
  virtual Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) = 0;

  // A connection was opened: what may have been missed has to be read.
  virtual void Begin(Timestamp now) = 0;
  // The upstream is a hub, whose feed brings everything: nothing is urgent any more.
  virtual void Stop() {}
  // The clock was set back by this much: the task's times move with it.
  virtual void SetBack(int64_t /*back_us*/) {}

 protected:
  ~ReadTask() = default;
};

}  // namespace cuesheet
