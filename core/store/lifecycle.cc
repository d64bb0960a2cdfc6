#include "store/lifecycle.h"

#include <utility>

#include "store/store_state.h"

namespace cuesheet {
namespace {

// Each attempt tries an older checkpoint, and there are two.
constexpr int kMaxOpenAttempts = 3;

}  // namespace

Result<Recovery> Lifecycle::Open() {
  CUE_ASSERT(!state_.is_open);
  for (int attempt = 1; state_.table.size() == 0; ++attempt) {
    CUE_TRY(state_.archive.Open());
    if (state_.archive.is_loaded()) break;
    const auto loaded = LoadNext();
    if (loaded) break;
    const bool again = loaded.error().code == ErrorCode::kCorrupt && attempt < kMaxOpenAttempts;
    if (!again) return std::unexpected(loaded.error());
  }
  const Manifest& manifest = state_.archive.manifest();
  state_.next_order = manifest.next_order;
  CUE_ASSIGN(Recovery recovery,
             state_.journal.Open({manifest.first_segment, manifest.sequence},
                                 [this](const Change& change) { return ReplayChange(change); }));
  state_.sequence = durable_sequence_ = recovery.sequence;
  const std::vector<std::string> lost = TakeLost();
  recovery.lost.insert(recovery.lost.begin(), lost.begin(), lost.end());
  has_lost_ = !recovery.lost.empty();
  if (has_lost_) state_.archive.Demand();
  if (state_.archive.is_loaded()) {
    state_.partial.Finish();
    state_.memory.NoteOpened();
  }
  state_.is_open = true;
  return recovery;
}

Result<void> Lifecycle::LoadNext() {
  if (state_.archive.is_loaded()) return {};
  const uint64_t bytes = state_.archive.BytesToLoad();
  CUE_TRY(state_.memory.CheckLoad(bytes, state_.table.size()));
  CUE_TRY(
      state_.archive.LoadBlock([this](const BlockEvent& event) { state_.partial.Load(event); }));
  state_.memory.Take(bytes);
  if (state_.archive.is_loaded() && state_.is_open) {
    state_.partial.Finish();
    state_.memory.NoteOpened();
  }
  return {};
}

// Applies a record of the journal. It must fit the table exactly. While a part of the events is not
// loaded, and for records that the blocks may already hold, PartialReplay applies it.
Result<void> Lifecycle::ReplayChange(const Change& change) {
  const uint64_t bytes = kEventBytes + change.event.description.size() +
                         change.event.summary.size() +
                         (change.event.payload ? change.event.payload->size() : 0);
  CUE_TRY(state_.memory.CheckLoad(bytes, state_.table.size()));
  state_.memory.Take(bytes);
  if (on_replay_) on_replay_(change);
  if (state_.archive.is_loaded() && change.sequence > state_.archive.manifest().settled) {
    const auto order_of = [this](const Uuid& id) {
      const Row row = state_.table.FindById(id);
      if (row != kNoRow) state_.archive.Touch(state_.table.creation_order(row));
    };
    order_of(change.kind == ChangeKind::kReplaced ? change.previous_id : change.event.id);
    CUE_TRY(state_.Apply(change));
    order_of(change.event.id);
    return {};
  }
  state_.NoteOrder(change);
  if (change.kind == ChangeKind::kInserted)
    state_.topics.Note(change.event.topic, change.event.summary);
  state_.partial.Apply(change);
  return {};
}

Result<bool> Lifecycle::Maintain() {
  if (!state_.is_open || commit_)
    return Fail(ErrorCode::kState, "not while a commit is on its way");
  return state_.archive.Maintain(state_.sequence);
}

Result<bool> Lifecycle::BeginParticipants() {
  bool is_needed = false;
  for (CommitParticipant* participant : participants_) {
    CUE_ASSIGN(const bool has_written, participant->BeginCommit());
    is_needed = is_needed || has_written;
  }
  return is_needed;
}

Result<Lifecycle::Commit> Lifecycle::BeginCommit() {
  if (commit_) return Fail(ErrorCode::kState, "a commit is already running");
  CUE_ASSERT(state_.sequence >= durable_sequence_);
  CUE_ASSIGN(const bool has_notes, BeginParticipants());
  committing_import_ = state_.imported_bytes;
  if (state_.imported_bytes > 0) {
    CUE_TRY(state_.archive.Finish(state_.sequence));
    state_.journal.SkipTo(state_.sequence);
  }
  CUE_ASSIGN(const Journal::Commit written, state_.journal.BeginCommit());
  const auto archived = state_.archive.BeginCommit(state_.next_order);
  if (!archived) {
    if (written.bytes > 0) CUE_TRY(state_.journal.Committed(false));
    return std::unexpected(archived.error());
  }
  const Commit commit{
      .sequence = state_.sequence,
      .bytes = written.bytes,
      .is_needed = written.bytes > 0 || state_.archive.is_committing_files() || has_notes};
  if (commit.is_needed) commit_ = commit;
  return commit;
}

Result<void> Lifecycle::Committed(bool ok) {
  if (!commit_) return Fail(ErrorCode::kState, "no commit is running");
  const Commit commit = *std::exchange(commit_, std::nullopt);
  CUE_ASSERT(commit.sequence >= durable_sequence_ && commit.sequence <= state_.sequence);
  if (commit.bytes > 0) CUE_TRY(state_.journal.Committed(ok));
  state_.archive.Committed(ok);
  for (CommitParticipant* participant : participants_) participant->Committed(ok);
  if (!ok) return {};
  durable_sequence_ = commit.sequence;
  CUE_ASSERT(committing_import_ <= state_.imported_bytes);
  state_.imported_bytes -= committing_import_;
  return {};
}

std::vector<std::string> Lifecycle::TakeLost() { return std::exchange(state_.archive.lost(), {}); }

std::vector<std::string> Lifecycle::NextFiles() const { return state_.archive.NextFiles(); }

bool Lifecycle::IsMaintenanceDue() const { return state_.archive.IsDue(); }

void Lifecycle::DemandCheckpoint() { state_.archive.Demand(); }

uint64_t Lifecycle::pending_bytes() const {
  uint64_t bytes = state_.journal.pending_bytes() + state_.imported_bytes;
  for (const CommitParticipant* participant : participants_) bytes += participant->pending_bytes();
  return bytes;
}

uint64_t Lifecycle::journal_bytes() const { return state_.journal.bytes(); }

Env* Lifecycle::env() const { return state_.env; }

Result<std::optional<std::string>> Lifecycle::Verify(const std::string& file) const {
  return state_.archive.Verify(file);
}

Result<std::vector<std::string>> Lifecycle::Files() const { return state_.env->List(); }

}  // namespace cuesheet
