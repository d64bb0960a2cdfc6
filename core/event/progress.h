// The progress of jobs and when they will be done. Progress is never stored (protocol.md 1.1): it
// is kept here from the first report until the event's status is final.
#pragma once

#include <map>
#include <optional>

#include "base/timestamp.h"
#include "base/uuid.h"

namespace cuesheet {

struct Progress {
  double value = 0;  // 0-100
  Timestamp updated_at;
  double per_second = 0;  // the recent pace; 0 = none yet, after a single report

  // When the value will be 100 at this pace.
  std::optional<Timestamp> EstimatedEnd() const;
};

class ProgressBook {
 public:
  // A report. A smaller value than before starts a new pace.
  void Note(const Uuid& id, double value, Timestamp at);
  void Forget(const Uuid& id) { of_.erase(id); }
  // nullptr when there is none.
  const Progress* Find(const Uuid& id) const;
  const std::map<Uuid, Progress>& all() const { return of_; }

 private:
  std::map<Uuid, Progress> of_;
};

}  // namespace cuesheet
