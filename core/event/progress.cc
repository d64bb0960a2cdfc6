#include "event/progress.h"

namespace cuesheet {
namespace {

// After a pause of this many seconds, the pace since then counts for half.
constexpr double kPaceSeconds = 10;
// Nobody waits longer than this, and a timestamp can hold it.
constexpr double kMaxSecondsLeft = 366.0 * 86'400;

}  // namespace

std::optional<Timestamp> Progress::EstimatedEnd() const {
  if (per_second <= 0) return std::nullopt;
  const double seconds = (100 - value) / per_second;
  if (seconds > kMaxSecondsLeft) return std::nullopt;
  return Timestamp{updated_at.us + static_cast<int64_t>(seconds * 1e6)};
}

void ProgressBook::Note(const Uuid& id, double value, Timestamp at) {
  const auto [known, is_first] = of_.try_emplace(id, Progress{.value = value, .updated_at = at});
  if (is_first) return;
  Progress& progress = known->second;
  const double step = value - progress.value;
  const double seconds = static_cast<double>(at.us - progress.updated_at.us) / 1e6;
  if (seconds <= 0) {  // two reports at one moment give no pace; the next one does
    progress.value = value;
    return;
  }
  if (step < 0) {
    progress.per_second = 0;
  } else {
    const double pace = step / seconds;
    const double weight = progress.per_second == 0 ? 1 : seconds / (seconds + kPaceSeconds);
    progress.per_second += weight * (pace - progress.per_second);
  }
  progress.value = value;
  progress.updated_at = at;
}

const Progress* ProgressBook::Find(const Uuid& id) const {
  const auto it = of_.find(id);
  return it == of_.end() ? nullptr : &it->second;
}

}  // namespace cuesheet
