// The files of a store besides its journal: blocks and payload files, named by a manifest
// (docs/storage.md). It writes a checkpoint in slices while changes go on, and loads the blocks of
// an opened store one by one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "event/topic_registry.h"
#include "journal/block.h"
#include "journal/env.h"
#include "journal/journal.h"
#include "journal/manifest.h"
#include "journal/payload_files.h"
#include "store/store_options.h"
#include "table/event_table.h"

namespace cuesheet {

class Archive {
 public:
  Archive(Env* env, const StoreOptions& options, EventTable* table, Journal* journal,
          TopicRegistry* topics);

  // Reads the manifests and chooses the newest valid one. kCold when it needs a file that is not
  // loaded; kState when a newer version wrote it. It changes files only to set invalid ones aside.
  Result<void> Open();
  const Manifest& manifest() const { return manifest_; }
  // A sentence for each file that was set aside; the caller clears those that it has reported.
  std::vector<std::string>& lost() { return lost_; }

  bool is_loaded() const { return unloaded_ == 0; }
  // The block that LoadBlock() reads next.
  std::vector<std::string> NextFiles() const;
  // Loads the newest block that is not loaded yet. Afterwards all events from loaded_from() on are
  // loaded. kCold; kCorrupt when the store has to be opened again with an older checkpoint.
  Result<void> LoadBlock(const std::function<void(const BlockEvent&)>& visit);
  int64_t loaded_from() const;
  // About what the events of the next block take in memory; 0 when all are loaded.
  uint64_t BytesToLoad() const;

  // The event of this creation order was inserted, changed or removed.
  void Touch(int64_t order);
  // An event got another creation order, so no block of the checkpoint under way may have it: that
  // checkpoint begins again.
  void Restart();
  // A checkpoint is needed, however small the journal is.
  void Demand() { is_demanded_ = true; }

  // Does one slice of a checkpoint, or nothing; `sequence` is the store's. True when another slice
  // has to follow; after the last one a commit has to. Never call it during a commit. kCold when a
  // file must be loaded first.
  Result<bool> Maintain(uint64_t sequence);
  // All slices at once, up to the manifest, which is written by the next commit.
  Result<void> Finish(uint64_t sequence);
  bool IsDue() const;
  // kStorage when no number for a payload chunk is left.
  Result<void> CheckRoom() const;
  bool HasRoom() const { return table_->payloads().chunks() < options_.max_payload_chunks; }

  // Call this during a commit, after the journal has written what waits: writes the manifest, when
  // it is its turn.
  Result<void> BeginCommit(int64_t next_order);
  void Committed(bool ok);
  bool is_committing_files() const { return is_committing_files_; }

  PayloadFiles& payload_files() { return payload_files_; }
  // Checks one file; a sentence when something is wrong with it.
  Result<std::optional<std::string>> Verify(const std::string& name) const;

 private:
  enum class Stage : uint8_t {
    kIdle,
    kPayloads,  // chunks that no file holds go to payload files
    kBlocks,    // dirty blocks are rewritten
    kManifest,  // to be written by the next commit
    kCommit,    // that commit is under way
  };

  struct Run {
    double from;  // creation orders [from, until)
    double until;
  };

  Result<std::vector<Manifest>> ReadManifests();
  Result<bool> Counts(const Manifest& manifest) const;
  Result<void> DropMissingFiles();
  Result<void> SetAside(const std::string& name, const std::string& why);
  Result<void> BlockIsDamaged(const std::string& why);
  Result<void> Remove(const std::string& name);
  Result<void> RemoveStrangers();

  void Begin(uint64_t sequence);
  Result<void> CompactPayloads();
  Result<void> WritePayloads();
  Result<void> WriteBlock();
  Result<std::vector<Row>> NextRows(const Run& run) const;
  void PlanBlocks();
  void Settle();
  static void MarkDirty(const std::vector<BlockFile>& blocks, std::vector<bool>& dirty,
                        int64_t order);

  Env* env_;
  StoreOptions options_;
  EventTable* table_;
  Journal* journal_;
  TopicRegistry* topics_;
  PayloadFiles payload_files_;

  Manifest manifest_;                 // the newest valid one
  std::optional<Manifest> previous_;  // the one before it, the fallback
  std::vector<std::string> lost_;
  size_t unloaded_ = 0;  // blocks of the manifest, from the front, still to be loaded

  std::vector<bool> dirty_;       // by block of the manifest; one more for events in no block
  std::vector<int64_t> touched_;  // creation orders, during a checkpoint
  bool is_demanded_ = false;
  bool has_changed_files_ = false;  // written or removed, and no commit has covered it yet
  bool is_committing_files_ = false;

  Stage stage_ = Stage::kIdle;
  Manifest next_;                  // of the checkpoint under way
  std::vector<uint32_t> chunks_;   // still to be written
  std::vector<uint32_t> written_;  // chunks that leave memory with this checkpoint
  std::vector<Run> runs_;          // still to be written, the last one first
  std::vector<bool> planned_;      // the dirty blocks when it began
};

}  // namespace cuesheet
