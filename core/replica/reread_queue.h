// The ids of events to read again, each once, in the order of their arrival: at once (at most
// kMaxRereads; more are dropped) or in some seconds (at most kMaxHeard). Every task may add to it;
// RereadTask empties it.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "replica/backoff.h"
#include "replica/read_plan.h"

namespace cuesheet {

class RereadQueue {
 public:
  void Add(const Uuid& id) {
    if (!is_full() && known_.insert(id).second) ids_.push_back(id);
  }
  // After `delay_ms`, or together with those that already wait.
  void AddLater(const Uuid& id, Timestamp now, int64_t delay_ms) {
    if (later_.size() < kMaxHeard) later_.insert(id);
    if (!later_at_) later_at_ = In(now, delay_ms);
  }
  bool is_empty() const { return ids_.empty(); }
  bool is_full() const { return ids_.size() >= kMaxRereads; }
  // When to read the delayed ones.
  const std::optional<Timestamp>& later_at() const { return later_at_; }

  // The next kRereadBatch at most.
  std::vector<Uuid> Take(Timestamp now) {
    if (IsDue(later_at_, now)) {
      for (const Uuid& id : std::exchange(later_, {})) Add(id);
      later_at_.reset();
    }
    std::vector<Uuid> batch;
    for (; !ids_.empty() && batch.size() < kRereadBatch; ids_.pop_front()) {
      batch.push_back(ids_.front());
      known_.erase(ids_.front());
    }
    return batch;
  }
  // Forgets those to read at once.
  void Clear() {
    ids_.clear();
    known_.clear();
  }
  void SetBack(int64_t back_us) { MoveBack(later_at_, back_us); }

 private:
  std::deque<Uuid> ids_;
  std::set<Uuid> known_;  // of these
  std::set<Uuid> later_;
  std::optional<Timestamp> later_at_;
};

}  // namespace cuesheet
