// A store and its files: opened, loaded in steps, committed, looked after, verified. For the host,
// which makes durable what a commit has written (docs/storage.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "event/change.h"
#include "journal/commit_participant.h"
#include "journal/env.h"
#include "journal/journal.h"

namespace cuesheet {

struct StoreState;

class Lifecycle {
 public:
  explicit Lifecycle(StoreState* state) : state_(*state) {}
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  // To be called with every change of the journal that Open() reads, in their order.
  void OnReplay(std::function<void(const Change&)> told) { on_replay_ = std::move(told); }
  // Reads the newest checkpoint and the journal. To be called before anything else, and again after
  // kCold. The newest events are here afterwards; LoadNext() brings the others.
  Result<Recovery> Open();
  // Whether something was damaged or missing when the files were opened.
  bool has_lost() const { return has_lost_; }
  // Brings one more block of events. kCold; kCorrupt, saying what was set aside, when a new store
  // has to be opened on the files.
  Result<void> LoadNext();
  // What LoadNext() has set aside since this was asked last, a sentence each.
  std::vector<std::string> TakeLost();
  // The files that the next LoadNext() reads.
  std::vector<std::string> NextFiles() const;

  // One slice of the work on files that goes on beside everything else; true when more is to do.
  // kState while a commit is on its way, kCold.
  Result<bool> Maintain();
  bool IsMaintenanceDue() const;
  // The next maintenance begins a checkpoint, whatever has changed.
  void DemandCheckpoint();

  struct Commit {
    uint64_t sequence;  // the last one that it covers
    uint64_t bytes;     // of the journal
    bool is_needed;     // files have changed: the host makes them durable, then calls Committed()
  };
  // Writes what waits. kState while another commit is on its way.
  Result<Commit> BeginCommit();
  // The host's word on it.
  Result<void> Committed(bool ok);
  uint64_t durable_sequence() const { return durable_sequence_; }
  // Of changes that are not durable.
  uint64_t pending_bytes() const;
  // Durable bytes of the journal since the last checkpoint.
  uint64_t journal_bytes() const;
  // Writes its own files with every commit from now on, and outlives the last one.
  void Join(CommitParticipant* participant) { participants_.push_back(participant); }
  Env* env() const;

  // Reads a file and checks everything in it; a sentence when something is wrong. kCold.
  Result<std::optional<std::string>> Verify(const std::string& file) const;
  Result<std::vector<std::string>> Files() const;

 private:
  Result<void> ReplayChange(const Change& change);
  Result<bool> BeginParticipants();

  StoreState& state_;
  std::function<void(const Change&)> on_replay_;
  std::vector<CommitParticipant*> participants_;
  uint64_t durable_sequence_ = 0;
  std::optional<Commit> commit_;  // on its way
  uint64_t committing_import_ = 0;
  bool has_lost_ = false;
};

}  // namespace cuesheet
