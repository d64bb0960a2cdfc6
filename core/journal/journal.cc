#include "journal/journal.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "journal/file_head.h"
#include "journal/manifest.h"
#include "journal/record.h"

namespace cuesheet {
namespace {

constexpr std::string_view kMagic = "CUEJRNL1";  // its last character is the format version
// Segments grow with the journal, so that there are never more than a few hundred of them.
constexpr uint64_t kSegmentsOfOneSize = 64;

std::string SegmentName(uint64_t number) {
  std::string name = ManifestName(number);
  return std::string(kJournalPrefix) + name.substr(kManifestPrefix.size());
}

// Calls visit(at, body) for the records of a segment until one is damaged or visit returns false.
// Returns where it stopped.
template <typename Visit>
size_t VisitRecords(std::string_view bytes, const Visit& visit) {
  size_t at = std::min(kMagic.size(), bytes.size());
  while (at < bytes.size()) {
    const auto body = FirstRecordBody(bytes.substr(at));
    if (!body || !visit(at, *body)) break;
    at += kRecordHeadSize + body->size();
  }
  return at;
}

// A failed commit may have left bytes at the end, if cutting them off failed too. Records after
// such bytes would be unreadable.
Result<void> CutBack(Env& env, const std::string& name, uint64_t size) {
  const auto now = env.Size(name);
  if (!now || *now <= size) return {};
  return env.Truncate(name, size);
}

}  // namespace

struct Journal::Replay {
  const JournalStart& start;
  const ApplyChange& apply;
  Recovery recovery;
  uint64_t kept_bytes = 0;  // of the last segment, from its start
  bool is_lossy = false;    // something is missing, so gaps and misfits may follow
};

Result<Recovery> Journal::Open(const JournalStart& start, const ApplyChange& apply) {
  CUE_ASSIGN(const std::vector<uint64_t> numbers, Segments(start.segment));
  // All heads first: a segment of a newer version must refuse the store before replay cuts a file.
  for (const uint64_t number : numbers) {
    CUE_ASSIGN(const uint64_t size, env_->Size(SegmentName(number)));
    CUE_ASSIGN(const std::string head,
               env_->ReadAt(SegmentName(number), 0, std::min<uint64_t>(size, kMagic.size())));
    const auto checked = CheckFileHead(head, kMagic);
    if (!checked && checked.error().code == ErrorCode::kState) {
      return Fail(ErrorCode::kState, SegmentName(number) + ": " + checked.error().message);
    }
  }
  Replay replay{start, apply, {}, 0, false};
  replay.recovery.sequence = start.sequence;
  segment_ = start.segment;
  for (const uint64_t number : numbers) {
    segment_ = number;
    CUE_TRY(ReplaySegment(replay, number, number == numbers.back()));
    if (number == numbers.back()) break;
    sealed_bytes_ += replay.kept_bytes;
    ++sealed_segments_;
  }
  segment_size_ = numbers.empty() ? 0 : replay.kept_bytes;
  last_sequence_ = durable_sequence_ = replay.recovery.sequence;
  if (replay.is_lossy) {  // records after damage would be unreadable: begin a new segment
    ++segment_;
    segment_size_ = 0;
  }
  return std::move(replay.recovery);
}

Result<std::vector<uint64_t>> Journal::Segments(uint64_t first) const {
  CUE_ASSIGN(const std::vector<std::string> names, env_->List());
  std::set<uint64_t> numbers;
  for (const std::string& name : names) {
    const uint64_t number = FileNumber(name, kJournalPrefix);
    if (number >= std::max<uint64_t>(first, 1)) numbers.insert(number);
  }
  return std::vector<uint64_t>(numbers.begin(), numbers.end());
}

Result<void> Journal::ReplaySegment(Replay& replay, uint64_t number, bool is_last) const {
  const std::string name = SegmentName(number);
  CUE_ASSIGN(const std::string bytes, env_->Read(name));
  Recovery& recovery = replay.recovery;
  Result<void> applied;
  const bool has_head = bytes.starts_with(kMagic);
  std::string damage = has_head ? "" : "the head of the file is damaged";
  size_t at = 0;
  if (has_head) {
    at = VisitRecords(bytes, [&](size_t, std::string_view body) {
      const auto change = ParseRecordBody(body);
      if (!change) {
        damage = change.error().message;
        return false;
      }
      // A commit that failed half-way may have left records that a later commit wrote again.
      if (change->sequence <= recovery.sequence) return true;
      if (change->sequence != recovery.sequence + 1 && !replay.is_lossy) {
        replay.is_lossy = true;
        recovery.lost.push_back(name + ": the changes before its change " +
                                std::to_string(change->sequence) + " are missing");
      }
      applied = replay.apply(*change);
      const bool is_misfit = !applied && applied.error().code == ErrorCode::kCorrupt;
      if (is_misfit && replay.is_lossy) applied = {};  // the event that it changed is lost
      recovery.sequence = change->sequence;
      ++recovery.records;
      return applied.has_value();
    });
    if (!applied && applied.error().code != ErrorCode::kCorrupt) {
      return std::unexpected(applied.error());
    }
    if (!applied) {
      return Fail(ErrorCode::kCorrupt, name + " at byte " + std::to_string(at) + ": " +
                                           applied.error().message +
                                           "; restore the file from a copy or remove the database");
    }
  }
  replay.kept_bytes = at;
  if (at == bytes.size() && damage.empty()) return {};
  if (is_last && damage.empty()) {  // a torn tail was never acknowledged
    recovery.cut_bytes = bytes.size() - at;
    return env_->Truncate(name, at);
  }
  if (is_last && !has_head && bytes.size() < kMagic.size()) {
    recovery.cut_bytes = bytes.size();
    replay.kept_bytes = 0;
    return env_->Truncate(name, 0);
  }
  // The file stays as it is: until a checkpoint holds what could be read, it has to be read again.
  replay.is_lossy = true;
  recovery.lost.push_back(name + " at byte " + std::to_string(at) + ": " +
                          (damage.empty() ? "a record is damaged" : damage));
  return {};
}

Result<std::optional<uint64_t>> Journal::ChecksumOf(const JournalStart& start,
                                                    uint64_t sequence) const {
  CUE_ASSIGN(const std::vector<uint64_t> numbers, Segments(start.segment));
  std::optional<uint64_t> checksum;
  for (auto number = numbers.rbegin(); number != numbers.rend() && !checksum; ++number) {
    CUE_ASSIGN(const std::string bytes, env_->Read(SegmentName(*number)));
    VisitRecords(bytes, [&](size_t, std::string_view body) {
      if (ByteReader(body).Varint() == sequence) checksum = Checksum(body);
      return true;  // the last record counts, because it may have been written twice
    });
  }
  return checksum;
}

Result<void> Journal::CheckRoom() const {
  if (HasRoom()) return {};
  return Fail(ErrorCode::kStorage,
              "storage takes no writes: " + std::to_string(pending_bytes() >> 20) +
                  " MiB wait to be saved; free some space and try again");
}

void Journal::Append(const Change& change) {
  last_checksum_ = AppendRecord(waiting_, change);
  last_sequence_ = change.sequence;
}

Result<Journal::Commit> Journal::BeginCommit() {
  if (!in_flight_.empty()) return Fail(ErrorCode::kState, "a commit is already running");
  if (waiting_.empty()) return Commit{last_sequence_, 0};
  if (segment_size_ >= std::max(segment_bytes_, bytes() / kSegmentsOfOneSize)) {
    CUE_TRY(Seal());
  }
  const std::string name = SegmentName(segment_);
  CUE_TRY(CutBack(*env_, name, segment_size_));
  Result<void> written;
  if (segment_size_ == 0) written = env_->Append(name, kMagic);
  if (written) written = env_->Append(name, waiting_);
  if (!written) {
    // A part may be in the file. Cut it back; if that fails too, replay skips repeated records.
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

// Cuts off what a failed commit left behind: a sealed segment must not have a torn end, because
// replay takes that for damage.
Result<void> Journal::Seal() {
  CUE_TRY(CutBack(*env_, SegmentName(segment_), segment_size_));
  sealed_bytes_ += segment_size_;
  ++sealed_segments_;
  ++segment_;
  segment_size_ = 0;
  return {};
}

uint64_t Journal::Rotate() {
  CUE_ASSERT(in_flight_.empty());
  if (segment_size_ > 0) (void)Seal();  // an empty segment can stay the last one
  sealed_bytes_ = sealed_segments_ = 0;
  return segment_;
}

void Journal::SkipTo(uint64_t sequence) {
  CUE_ASSERT(in_flight_.empty());
  waiting_.clear();
  last_sequence_ = sequence;
  last_checksum_ = 0;
}

Result<std::vector<std::string>> Journal::SegmentsBefore(uint64_t segment) const {
  CUE_ASSIGN(const std::vector<uint64_t> numbers, Segments(1));
  std::vector<std::string> names;
  for (const uint64_t number : numbers) {
    if (number < segment) names.push_back(SegmentName(number));
  }
  return names;
}

Result<void> CheckSegment(std::string_view bytes) {
  if (bytes.empty()) return {};  // its only commit failed
  CUE_TRY(CheckFileHead(bytes, kMagic));
  const size_t end = VisitRecords(
      bytes, [](size_t, std::string_view body) { return ParseRecordBody(body).has_value(); });
  if (end == bytes.size()) return {};
  return Fail(ErrorCode::kCorrupt, "a record at byte " + std::to_string(end) + " is damaged");
}

}  // namespace cuesheet
