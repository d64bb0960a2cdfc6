// The append-only file of changes. Records wait in memory until the host asks for a commit; while
// the host makes a commit durable no file changes (docs/storage.md, docs/border.md).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "event/change.h"
#include "journal/env.h"

namespace cuesheet {

inline constexpr uint64_t kMaxPendingBytes = 64 << 20;  // records that wait for a commit
inline constexpr uint64_t kSegmentBytes = 256 << 10;    // a segment is sealed beyond this size

// Refuses (kCorrupt) a change that does not fit the state before it.
using ApplyChange = std::function<Result<void>(const Change&)>;

struct Recovery {
  uint64_t sequence = 0;  // of the last record
  uint64_t records = 0;
  uint64_t cut_bytes = 0;  // torn tail of the last segment, cut off
};

class Journal {
 public:
  explicit Journal(Env* env) : env_(env) {}

  // Reads all segments in order and hands each change to `apply`. kCorrupt when a sealed segment is
  // damaged or a sequence is missing; nothing is changed on disk then.
  Result<Recovery> Open(const ApplyChange& apply);

  // kStorage when more than kMaxPendingBytes wait: the disk takes nothing, the caller must not go
  // on.
  Result<void> CheckRoom() const;
  void Append(const Change& change);
  void AppendInsert(uint64_t sequence, const EventView& event);

  struct Commit {
    uint64_t sequence;  // the last one that the commit covers
    uint64_t bytes;     // 0 = nothing to do, no Committed() is expected
  };
  // Writes what waits. kState while another commit runs; kStorage leaves the records waiting.
  Result<Commit> BeginCommit();
  // The host's word on the commit. Not ok: the records wait again and the file is cut back.
  Result<void> Committed(bool ok);

  uint64_t durable_sequence() const { return durable_sequence_; }
  uint64_t pending_bytes() const { return waiting_.size() + in_flight_.size(); }

 private:
  Result<void> ReplaySegment(const std::string& name, std::string_view bytes, bool is_last,
                             const ApplyChange& apply, Recovery& recovery);

  Env* env_;
  uint64_t segment_ = 1;       // number of the segment that is written to
  uint64_t segment_size_ = 0;  // its bytes that are durable
  std::string waiting_;
  std::string in_flight_;
  uint64_t last_sequence_ = 0;
  uint64_t in_flight_sequence_ = 0;
  uint64_t durable_sequence_ = 0;
};

}  // namespace cuesheet
