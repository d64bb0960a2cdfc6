#include "journal/journal.h"

#include <charconv>
#include <set>

#include "journal/record.h"

namespace cuesheet {
namespace {

constexpr std::string_view kMagic = "CUEJRNL1";  // its last character is the format version
constexpr std::string_view kPrefix = "journal-";

std::string SegmentName(uint64_t number) {
  const std::string digits = std::to_string(number);
  const std::string zeros(digits.size() < 8 ? 8 - digits.size() : 0, '0');
  return std::string(kPrefix) + zeros + digits;
}

// 0 for a file that is no segment.
uint64_t SegmentNumber(std::string_view name) {
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

}  // namespace

Result<Recovery> Journal::Open(const ApplyChange& apply) {
  CUE_ASSIGN(const std::vector<std::string> names, env_->List());
  std::set<uint64_t> numbers;
  for (const std::string& name : names) {
    if (const uint64_t number = SegmentNumber(name)) numbers.insert(number);
  }
  Recovery recovery;
  for (const uint64_t number : numbers) {
    const std::string name = SegmentName(number);
    CUE_ASSIGN(const std::string bytes, env_->Read(name));
    segment_ = number;
    CUE_TRY(ReplaySegment(name, bytes, number == *numbers.rbegin(), apply, recovery));
  }
  last_sequence_ = durable_sequence_ = recovery.sequence;
  return recovery;
}

Result<void> Journal::ReplaySegment(const std::string& name, std::string_view bytes, bool is_last,
                                    const ApplyChange& apply, Recovery& recovery) {
  const auto damaged = [&](size_t at, const std::string& what) {
    return Fail(ErrorCode::kCorrupt, name + " at byte " + std::to_string(at) + ": " + what +
                                         "; restore the file from a copy or remove the database");
  };
  size_t at = 0;
  if (bytes.size() >= kMagic.size()) {
    if (!bytes.starts_with(kMagic)) return damaged(0, "not a journal of this version");
    at = kMagic.size();
  } else if (!is_last) {
    return damaged(0, "file is cut short");
  }
  while (at < bytes.size() && at >= kMagic.size()) {
    const auto body = FirstRecordBody(bytes.substr(at));
    if (!body) {
      if (!is_last) return damaged(at, body.error().message);
      break;
    }
    CUE_ASSIGN(const Change change, ParseRecordBody(*body));
    // A commit that failed half-way may have left records that were then written again.
    if (change.sequence > recovery.sequence) {
      if (change.sequence != recovery.sequence + 1) return damaged(at, "a change is missing");
      const auto applied = apply(change);
      if (!applied) return damaged(at, applied.error().message);
      recovery.sequence = change.sequence;
      ++recovery.records;
    }
    at += kRecordHeadSize + body->size();
  }
  segment_size_ = at;
  if (at < bytes.size()) {
    recovery.cut_bytes = bytes.size() - at;
    CUE_TRY(env_->Truncate(name, at));
  }
  return {};
}

Result<void> Journal::CheckRoom() const {
  if (pending_bytes() <= kMaxPendingBytes) return {};
  return Fail(ErrorCode::kStorage,
              "storage takes no writes: " + std::to_string(pending_bytes() >> 20) +
                  " MiB wait to be saved; free some space and try again");
}

void Journal::Append(const Change& change) {
  AppendRecord(waiting_, change);
  last_sequence_ = change.sequence;
}

void Journal::AppendInsert(uint64_t sequence, const EventView& event) {
  AppendInsertRecord(waiting_, sequence, event);
  last_sequence_ = sequence;
}

Result<Journal::Commit> Journal::BeginCommit() {
  if (!in_flight_.empty()) return Fail(ErrorCode::kState, "a commit is already running");
  if (waiting_.empty()) return Commit{last_sequence_, 0};
  if (segment_size_ >= kSegmentBytes) {
    ++segment_;
    segment_size_ = 0;
  }
  const std::string name = SegmentName(segment_);
  Result<void> written;
  if (segment_size_ == 0) written = env_->Append(name, kMagic);
  if (written) written = env_->Append(name, waiting_);
  if (!written) {
    // Part of it may be in the file; cut it back, or else replay skips what comes twice.
    (void)env_->Truncate(name, segment_size_);
    return std::unexpected(written.error());
  }
  in_flight_ = std::move(waiting_);
  waiting_.clear();
  in_flight_sequence_ = last_sequence_;
  return Commit{in_flight_sequence_, in_flight_.size()};
}

Result<void> Journal::Committed(bool ok) {
  if (in_flight_.empty()) return Fail(ErrorCode::kState, "no commit is running");
  if (ok) {
    segment_size_ += in_flight_.size() + (segment_size_ == 0 ? kMagic.size() : 0);
    durable_sequence_ = in_flight_sequence_;
  } else {
    waiting_.insert(0, in_flight_);
    (void)env_->Truncate(SegmentName(segment_), segment_size_);
  }
  in_flight_.clear();
  return {};
}

}  // namespace cuesheet
