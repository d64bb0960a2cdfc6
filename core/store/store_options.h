// The options of a store, given when it is made.
#pragma once

#include <cstddef>
#include <cstdint>

#include "journal/block.h"
#include "journal/journal.h"
#include "journal/payload_files.h"
#include "store/memory_budget.h"

namespace cuesheet {

// Who decides about the events of a store.
enum class StoreRole : uint8_t {
  kAuthority,  // the store itself: it gives events their creation orders
  kReplica,    // its upstream: creation orders of local dispatches are provisional
  kRelay,  // its upstream too, and others follow the store: they get merged events as it got them
};

struct StoreOptions {
  uint64_t segment_bytes = kSegmentBytes;  // a segment is sealed beyond this size
  size_t block_events = kBlockEvents;      // at most kBlockEvents
  // A checkpoint is due when the journal has this many bytes and an eighth of what would be
  // rewritten; at the latest at one of the other two.
  uint64_t min_journal_bytes = 1 << 20;
  uint64_t max_journal_bytes = 16 << 20;
  uint64_t max_segments = 256;
  // Numbers of payload chunks, which are never used again. A chunk has 64 KiB or more, or is the
  // last one of a checkpoint. The rest is for what the store moves by itself.
  uint32_t max_payload_chunks = TextRef::kMaxChunks - (1U << 20);
  StoreRole role = StoreRole::kAuthority;
  MemoryLimits memory{};
  // What waits for a commit, what a checkpoint writes at once, and what readers of payloads keep:
  // each takes a part of the reserve, so FitTo() makes them smaller where that is small.
  uint64_t max_pending_bytes = kMaxPendingBytes;
  uint64_t block_text_bytes = 8 << 20;  // about: a single event may have 14 MiB (CheckSizes)
  PayloadFileSizes payload_files{};
  uint64_t thawed_bytes = 128 << 20;
};

// The options with no more work at once than the reserve of the budget has room for.
StoreOptions FitTo(const MemoryBudget& memory, StoreOptions options);

}  // namespace cuesheet
