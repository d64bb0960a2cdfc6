// One task of reading an upstream that is no hub: it says when it next wants to run, makes its
// request and takes the answer. For the planner (planner.h), which gives one task at a time its
// turn; a task does not know of turns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"

namespace cuesheet {

struct ReadRequest {
  std::string_view method;
  std::string path;
  std::string body;  // JSON; "" = none
};

struct ReadAnswer {
  int status = 0;         // of HTTP; 0 = no answer
  std::string_view body;  // as it came
};

enum class ReadOutcome : uint8_t {
  kDone,
  kUnauthorized,  // the upstream does not know the user
  kFailed,        // no answer
  kUnreadable     // an answer, but not to what was asked
};

struct ReadDue {
  bool is_urgent = false;         // now: without its answer the replica is not up to date
  std::optional<Timestamp> at{};  // then; Timestamp{} = as soon as nothing is urgent; none = not
                                  // until something happens
};

class ReadTask {
 public:
  virtual ReadDue Due() const = 0;
  // Called when it is due; none = it has nothing to ask after all.
  virtual std::optional<ReadRequest> Ask(Timestamp now) = 0;
  // The answer to the last request. Fails when the store refuses a write.
  virtual Result<ReadOutcome> Take(const ReadAnswer& answer, Timestamp now) = 0;

  // A connection was opened: what may have been missed is to be read.
  virtual void Begin(Timestamp now) = 0;
  // The upstream turns out to be a hub, whose feed tells all: nothing is urgent any more.
  virtual void Stop() {}
  // The clock was set back by so much: its times move with it.
  virtual void SetBack(int64_t /*back_us*/) {}

 protected:
  ~ReadTask() = default;
};

}  // namespace cuesheet
