// The version of the change feed and the snapshot, which a hub and its followers say to each other
// (docs/versions.md). It is counted up with every change of what they send.
#pragma once

#include <cstdint>

namespace cuesheet {

inline constexpr uint64_t kFeedVersion = 1;

// Hubs and followers of version 0.1.0 say none.
inline constexpr uint64_t kSilentFeedVersion = 0;

// From this version on a hub ends a snapshot with a line, when it is asked to.
inline constexpr uint64_t kEndsSnapshotsSince = 1;

}  // namespace cuesheet
