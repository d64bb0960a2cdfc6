// Virtual time: what is to happen, in its order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/timestamp.h"

namespace cuesheet::simulation {

class Schedule {
 public:
  Timestamp now() const { return now_; }
  // The clock never goes back. Work that is due at the same moment runs in the order in which it
  // was added.
  void In(int64_t delay_us, std::function<void()> work) {
    queue_.emplace(std::pair(now_.us + delay_us, ++last_), std::move(work));
  }
  // The next thing; false when nothing is due until `end`.
  bool Step(Timestamp end) {
    if (queue_.empty() || queue_.begin()->first.first > end.us) {
      now_ = end;
      return false;
    }
    auto next = queue_.extract(queue_.begin());
    now_ = {next.key().first};
    next.mapped()();
    return true;
  }

 private:
  Timestamp now_{1'774'000'000'000'000};
  uint64_t last_ = 0;
  std::map<std::pair<int64_t, uint64_t>, std::function<void()>> queue_;
};

}  // namespace cuesheet::simulation
