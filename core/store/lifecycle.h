// The files of a store: opening, loading in steps, commits, maintenance, verification. It is for
// the host, which makes durable what a commit has written (docs/storage.md).
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

  // Sets a function that gets every change of the journal that Open() reads, in order.
  void OnReplay(std::function<void(const Change&)> told) { on_replay_ = std::move(told); }
  // Reads the newest checkpoint and the journal. Call it before anything else, and again after
  // kCold. Afterwards the newest events are loaded; LoadNext() loads the others.
  Result<Recovery> Open();
  // Whether something was damaged or missing when the files were opened.
  bool has_lost() const { return has_lost_; }
  // Loads one more block of events. kCold; kCorrupt, saying what was set aside, when the files have
  // to be opened with a new store.
  Result<void> LoadNext();
  // A sentence for each file that LoadNext() has set aside since the last call.
  std::vector<std::string> TakeLost();
  // The files that the next LoadNext() reads.
  std::vector<std::string> NextFiles() const;

  // Does one slice of background work on files; true when there is more. kState during a commit,
  // kCold.
  Result<bool> Maintain();
  bool IsMaintenanceDue() const;
  // The next maintenance begins a checkpoint, whatever has changed.
  void DemandCheckpoint();

  struct Commit {
    uint64_t sequence;  // the last one that it covers
    uint64_t bytes;     // of the journal
    bool is_needed;     // files have changed: the host makes them durable, then calls Committed()
  };
  // Writes what waits. kState during another commit.
  Result<Commit> BeginCommit();
  // The host reports the outcome.
  Result<void> Committed(bool ok);
  uint64_t durable_sequence() const { return durable_sequence_; }
  // Bytes of changes that are not durable.
  uint64_t pending_bytes() const;
  // Durable bytes of the journal since the last checkpoint.
  uint64_t journal_bytes() const;
  // The participant writes its files with every commit from now on. It must outlive the last one.
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
  std::optional<Commit> commit_;  // under way
  uint64_t committing_import_ = 0;
  bool has_lost_ = false;
};

}  // namespace cuesheet
