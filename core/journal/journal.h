// The append-only file of changes. Records wait in memory until the host asks for a commit; while
// the host makes a commit durable no file changes (docs/storage.md, docs/border.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/change.h"
#include "journal/env.h"

namespace cuesheet {

inline constexpr uint64_t kMaxPendingBytes = 64 << 20;  // records that wait for a commit
inline constexpr uint64_t kSegmentBytes = 256 << 10;    // a segment is sealed beyond this size

// Refuses (kCorrupt) a change that does not fit the state before it, and (kQuota) one that does not
// fit into memory.
using ApplyChange = std::function<Result<void>(const Change&)>;

struct Recovery {
  uint64_t sequence = 0;  // of the last record
  uint64_t records = 0;
  uint64_t cut_bytes = 0;         // torn tail of the last segment, cut off
  std::vector<std::string> lost;  // a sentence for each damaged or missing file
};

// Where a checkpoint says that its journal begins.
struct JournalStart {
  uint64_t segment = 1;
  uint64_t sequence = 0;  // changes up to here are in the checkpoint
};

class Journal {
 public:
  explicit Journal(Env* env, uint64_t segment_bytes = kSegmentBytes,
                   uint64_t max_pending_bytes = kMaxPendingBytes)
      : env_(env), segment_bytes_(segment_bytes), max_pending_bytes_(max_pending_bytes) {}

  // Reads the segments in order and passes each change after the start to `apply`. It cuts a
  // torn tail off. It reports a damaged sealed segment and leaves the file as it is; the changes
  // after the damage are still handed over, with gaps in their sequences. kState for a segment of a
  // newer version; then it changed no file.
  Result<Recovery> Open(const JournalStart& start, const ApplyChange& apply);
  // The checksum of the record with this sequence; none when the journal has no such record.
  Result<std::optional<uint64_t>> ChecksumOf(const JournalStart& start, uint64_t sequence) const;

  // kStorage when more than max_pending_bytes wait: the disk accepts nothing, and the caller must
  // stop.
  Result<void> CheckRoom() const;
  bool HasRoom() const { return pending_bytes() <= max_pending_bytes_; }
  void Append(const Change& change);

  struct Commit {
    uint64_t sequence;  // the last one that the commit covers
    uint64_t bytes;     // 0 = nothing to do, no Committed() is expected
  };
  // Writes what waits. kState while another commit runs; kStorage leaves the records waiting.
  Result<Commit> BeginCommit();
  // The host reports the outcome of the commit. Not ok: the records wait again, and the file is cut
  // back.
  Result<void> Committed(bool ok);

  // Later records go to a new segment; returns its number.
  uint64_t Rotate();
  // A checkpoint holds everything so far, so waiting records need not be written. The next record
  // has the sequence after this one.
  void SkipTo(uint64_t sequence);
  // The names of the existing segments before this one.
  Result<std::vector<std::string>> SegmentsBefore(uint64_t segment) const;

  uint64_t durable_sequence() const { return durable_sequence_; }
  uint64_t last_sequence() const { return last_sequence_; }
  uint64_t last_checksum() const { return last_checksum_; }
  uint64_t pending_bytes() const { return waiting_.size() + in_flight_.size(); }
  // Durable bytes and segments since the last Rotate().
  uint64_t bytes() const { return sealed_bytes_ + segment_size_; }
  uint64_t segments() const { return sealed_segments_ + (segment_size_ > 0 ? 1 : 0); }

 private:
  struct Replay;

  Result<std::vector<uint64_t>> Segments(uint64_t first) const;
  Result<void> ReplaySegment(Replay& replay, uint64_t number, bool is_last) const;
  Result<void> Seal();

  Env* env_;
  uint64_t segment_bytes_;
  uint64_t max_pending_bytes_;
  uint64_t segment_ = 1;       // number of the segment that is written to
  uint64_t segment_size_ = 0;  // its bytes that are durable
  uint64_t sealed_bytes_ = 0;
  uint64_t sealed_segments_ = 0;
  std::string waiting_;
  std::string in_flight_;
  uint64_t last_sequence_ = 0;
  uint64_t last_checksum_ = 0;
  uint64_t in_flight_sequence_ = 0;
  uint64_t durable_sequence_ = 0;
};

// Checks every record of a segment's bytes: kCorrupt names the byte.
Result<void> CheckSegment(std::string_view bytes);

}  // namespace cuesheet
