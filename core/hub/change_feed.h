// The recent changes of a store, for clients that follow it by its sequence (docs/hub.md, Change
// feed). It keeps only what happened to which event, and shows an event in its present state. So a
// client that has applied everything up to the head has what the store has.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "event/change.h"
#include "hub/caller.h"
#include "store/store_view.h"

namespace cuesheet {

inline constexpr size_t kMaxFeedChanges = kMaxToldImports;  // 65,536 of 48 bytes: 3 MiB
inline constexpr size_t kMaxFeedPage = 1000;
inline constexpr size_t kMaxFeedPageBytes = 4 << 20;  // or one change

// The error when changes are no longer available: why, and what to do.
constexpr std::string_view GoneText(bool is_other_store) {
  return is_other_store
             ? "These are the changes of another store: take GET /api/snapshot, then go on from "
               "its sequence"
             : "The changes after this sequence are not known any more: take GET /api/snapshot, "
               "then go on from its sequence";
}

// The bounds of one page.
struct FeedLimit {
  size_t changes = kMaxFeedPage;
  size_t bytes = kMaxFeedPageBytes;  // or one change
};

class ChangeFeed {
 public:
  // A change of the store, or of its journal while it is opened. Transient ones are not kept; an
  // import is one entry for each of its events, and history ends there when it does not name them.
  void Note(const Change& change);
  // The store has come to this sequence. When Note() got no change for it, the feed gives up what
  // is before it.
  void CatchUp(uint64_t sequence);

  // Whether the feed has every change after `since`.
  bool Covers(uint64_t since) const { return since >= floor_ && since <= head_; }
  uint64_t head() const { return head_; }

  // Appends `{"sequence","kind","id","previousId"?,"event"?},…` of what the caller may see after
  // `since`, in order; returns the sequence to continue from. A manager gets every change:
  // without `event` when there is no such event any more. Others get those of events that they may
  // read, all removals, and a removal for an event that moved to a project that they may not read.
  uint64_t Append(std::string& out, uint64_t since, const FeedLimit& limit, bool with_payloads,
                  const Caller& caller, const StoreView& store) const;

 private:
  struct Entry {
    Uuid id;
    Uuid previous_id;
    ChangeKind kind;
    bool has_moved;  // its project was written
  };

  void Add(const Entry& entry);
  bool AppendEntry(std::string& out, uint64_t sequence, const Entry& entry, bool with_payloads,
                   const Caller& caller, const StoreView& store) const;

  std::deque<Entry> entries_;  // of the sequences (floor_, head_]
  uint64_t floor_ = 0;
  uint64_t head_ = 0;
};

}  // namespace cuesheet
