// The events of messages in the last kMessageGraceMs to 2 * kMessageGraceMs. Such a message may
// have been sent before its transaction ended, so an earlier row does not overrule it
// (protocol.md 9.5). At most kMaxHeard ids in each half.
#pragma once

#include <optional>
#include <set>
#include <utility>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "replica/backoff.h"
#include "replica/read_plan.h"

namespace cuesheet {

class RecentMessages {
 public:
  void Note(const Uuid& id, Timestamp now) {
    if (heard_.size() < kMaxHeard) heard_.insert(id);
    if (!until_) until_ = In(now, kMessageGraceMs);
  }
  bool Has(const Uuid& id) const { return heard_.contains(id) || before_.contains(id); }

  // Forgets old ones. Not while a request is under way, because messages since the request count
  // for its answer.
  void Forget(Timestamp now) {
    if (!IsDue(until_, now)) return;
    const bool is_long_ago = until_->us + kMessageGraceMs * 1000 <= now.us;
    before_ = std::exchange(heard_, {});
    if (is_long_ago) before_.clear();
    until_.reset();
    if (!before_.empty()) until_ = In(now, kMessageGraceMs);
  }
  void SetBack(int64_t back_us) { MoveBack(until_, back_us); }

 private:
  std::set<Uuid> heard_, before_;
  std::optional<Timestamp> until_;
};

}  // namespace cuesheet
