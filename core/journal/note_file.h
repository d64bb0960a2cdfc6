// A file of notes: what a replica knows of its local writes, and a hub of the leases that it gave.
// It is separate from the journal, because local writes must survive any other loss
// (docs/storage.md, Outbox). Notes are texts. They are appended, and from time to time rewritten
// under the next number:
//   PREFIX-NNNNNNNN: note of the number of notes that it began with, then the notes
//   note: u32 size | u64 checksum | text
// As with the journal, files change only during a commit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "journal/commit_participant.h"
#include "journal/env.h"

namespace cuesheet {

// The body of a write, and twice an event, as it was and as the upstream has it: 1 + 2 * 18 MiB of
// text (CheckSizes), of which JSON makes up to six times as much.
inline constexpr uint32_t kMaxNoteBytes = 256 << 20;

class NoteFile final : public CommitParticipant {
 public:
  // `prefix` is one of journal/manifest.h.
  NoteFile(Env* env, std::string_view prefix) : env_(env), prefix_(prefix) {}

  // The notes of the newest file that has all notes it began with, in order, without a torn end.
  // kState for a file of a newer format; then no file was changed.
  Result<std::vector<std::string>> Open();

  void Append(std::string_view note);
  // From the next commit on, the file has these notes and no others.
  void Rewrite(const std::vector<std::string>& notes);
  // The size of the file after the next commit.
  uint64_t bytes() const { return file_bytes_ + waiting_.size(); }
  uint64_t pending_bytes() const override { return waiting_.size(); }
  // Whether all notes are durable.
  bool is_saved() const { return waiting_.empty() && !is_unsaved_; }

  Result<bool> BeginCommit() override;
  void Committed(bool ok) override;

  // kCorrupt, saying what is wrong in the bytes of such a file.
  static Result<void> Check(std::string_view bytes);

 private:
  Result<void> RemoveOld();

  Env* env_;
  std::string_view prefix_;
  std::string waiting_;
  uint64_t number_ = 0;  // of the file; 0 = there is none yet
  uint64_t file_bytes_ = 0;
  bool is_rewrite_ = false;       // what waits begins the next file
  bool is_unsaved_ = false;       // files have changed since they were durable
  std::vector<std::string> old_;  // files that go once the newer one is durable
  bool may_remove_ = false;       // it is
};

}  // namespace cuesheet
