// What has files of its own that become durable with the commits of a store.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace cuesheet {

class CommitParticipant {
 public:
  // Writes what waits; true when the host has something to make durable. No file changes from here
  // until Committed().
  virtual Result<bool> BeginCommit() = 0;
  // The host's word on it. Not ok: what was written counts as not written.
  virtual void Committed(bool ok) = 0;
  virtual uint64_t pending_bytes() const = 0;

 protected:
  ~CommitParticipant() = default;
};

}  // namespace cuesheet
