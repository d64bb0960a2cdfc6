// The method numbers of cue_call. Their frames are described in docs/border.md; wasm/methods.ts
// holds the same table for the hosts, and tests/unit/border.test.ts compares the two.
#pragma once

#include <cstdint>

namespace cuesheet {

inline constexpr uint32_t kAbiVersion = 1;

enum class Method : uint32_t {
  kOpen = 1,
  kCommit = 2,
  kCommitted = 3,
  kDispatch = 4,
  kUpdate = 5,
  kRemove = 6,
  kGet = 7,
  kQuery = 8,
  kStatus = 9,
  kRequest = 10,
  kSocket = 11,
  kReplica = 12,
  kLive = 13,
  kUnlive = 14,
  kPatches = 15,
  kCount = 16,
  kProgress = 17,
  kRetain = 18,
  kImport = 19,
  kTopics = 20,
  kDeclare = 21,
  kLoad = 22,
  kMaintain = 23,
  kExport = 24,
  kVerify = 25,
  kOutbox = 27,
  kTree = 29,
  kEnroll = 30,
};

}  // namespace cuesheet
