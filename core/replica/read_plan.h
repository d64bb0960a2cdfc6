// The plan for reading a stock server: the order of the tasks, how much each asks for, how often,
// and how much may wait (docs/sync.md, A stock server). It is for the planner and its tasks; no
// other file has an order, a bound or a time. Times are in milliseconds, sizes in events unless the
// name says otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cuesheet {

// One task each, in the file of that name (walk_task.h, ...).
enum class ReadKind : uint8_t {
  kNewest,    // the first page of all, newest first
  kWalk,      // what is new, oldest first
  kReread,    // single events, by their ids
  kChanges,   // updates since the last look, where this user may ask (admins)
  kOpenJobs,  // the open jobs, for other users
  kReplaced,  // events that `reuse` gave a new id (protocol.md 12.3)
  kMissing,   // a single missing event, by its address
  kHistory,   // events older than all that the store has
  kSweep,     // whether events still exist and are unchanged
};
inline constexpr size_t kReadKinds = 9;

// The tasks that must be done before the replica is up to date. The first one that is due runs.
inline constexpr std::array kUrgentOrder = {ReadKind::kNewest, ReadKind::kWalk, ReadKind::kReread,
                                            ReadKind::kChanges, ReadKind::kOpenJobs};
// The tasks that run when none of the above is left, each at its time. Before them come late
// numbers, then the round of kChangesEveryMs (Planner::NextInBackground).
inline constexpr std::array kBackgroundOrder = {ReadKind::kReplaced, ReadKind::kMissing,
                                                ReadKind::kHistory, ReadKind::kSweep};

// Of one request.
inline constexpr size_t kReadPageSize = 500;
inline constexpr size_t kRereadBatch = 100;
inline constexpr size_t kChangesPageSize = 200;  // of POST /api/query, whose rows have payloads
// Of one round of requests for updates.
inline constexpr size_t kMaxChangesPages = 500;
inline constexpr size_t kMaxOpenPages = 20;

// Of ids that wait or are remembered.
inline constexpr size_t kMaxRereads = 10'000;  // to be read again
inline constexpr size_t kMaxHeard = 50'000;    // of the messages of the last seconds
inline constexpr size_t kMaxMissing = 10'000;  // that an answer did not have

inline constexpr size_t kRecentEvents = 1'000;  // swept in turn with all others

// Numbers are given before their events can be seen (protocol.md 12.1). A walk therefore begins
// this many numbers below the newest, or with the events of the last minutes before it, but at most
// with this many events.
inline constexpr int64_t kOverlapNumbers = 500;
inline constexpr int64_t kOverlapMs = 600'000;
inline constexpr size_t kMaxOverlapEvents = 5'000;
// Server clocks differ (protocol.md 12.5), and updates are requested by their time.
inline constexpr int64_t kClockToleranceMs = 120'000;
// A message is sent before its transaction ends (protocol.md 9.5): a row that is read within this
// time after it may be older.
inline constexpr int64_t kMessageGraceMs = 5'000;
// A row that was older than a message is read again after this time, when the message no longer
// counts.
inline constexpr int64_t kOlderRowAgainMs = 2 * kMessageGraceMs + 1'000;

inline constexpr int64_t kOverlapEveryMs = 60'000;   // for kOverlapMs after the last new event
inline constexpr int64_t kChangesEveryMs = 300'000;  // missed messages, updates, replaced events
inline constexpr int64_t kSweepEveryMs = 5'000;      // one request each
inline constexpr int64_t kHistoryAgainMs = 30'000;   // after a page that could not be read
inline constexpr int64_t kMissingAgainMs =
    120'000;  // at least, before a missing event counts as deleted

// How far the position may move before it is noted on disk. After a crash the replica reads that
// part again, which does no harm.
inline constexpr int64_t kSaveStep = 4'000;  // numbers of the history
inline constexpr int64_t kSaveAhead = 64;    // numbers of new events

}  // namespace cuesheet
