// EventStore and its files: open, load, commit, maintenance.
#include <algorithm>
#include <utility>

#include "store/event_store.h"

namespace cuesheet {
namespace {

// Each time an older checkpoint is tried, and there are two.
constexpr int kMaxOpenAttempts = 3;

}  // namespace

Result<Recovery> EventStore::Open() {
  CUE_ASSERT(!open_);
  for (int attempt = 1; table_.size() == 0; ++attempt) {
    CUE_TRY(archive_.Open());
    if (archive_.is_loaded()) break;
    const auto loaded = LoadNext();
    if (loaded) break;
    const bool again = loaded.error().code == ErrorCode::kCorrupt && attempt < kMaxOpenAttempts;
    if (!again) return std::unexpected(loaded.error());
  }
  const Manifest& manifest = archive_.manifest();
  next_order_ = manifest.next_order;
  CUE_ASSIGN(Recovery recovery,
             journal_.Open({manifest.first_segment, manifest.sequence},
                           [this](const Change& change) { return ReplayChange(change); }));
  sequence_ = durable_sequence_ = recovery.sequence;
  const std::vector<std::string> lost = TakeLost();
  recovery.lost.insert(recovery.lost.begin(), lost.begin(), lost.end());
  has_lost_ = !recovery.lost.empty();
  if (has_lost_) archive_.Demand();
  if (is_loaded()) partial_.Finish();
  open_ = true;
  return recovery;
}

Result<void> EventStore::LoadNext() {
  if (is_loaded()) return {};
  if (table_.size() == 0) table_.Reserve(static_cast<size_t>(archive_.manifest().events()));
  CUE_TRY(archive_.LoadBlock([this](const BlockEvent& event) { partial_.Load(event); }));
  if (is_loaded() && open_) partial_.Finish();
  return {};
}

uint64_t EventStore::events() const {
  if (is_loaded()) return table_.size();
  return std::max<uint64_t>(table_.size(), archive_.manifest().events());
}

// A record of the journal. What fits to the letter is the rule; while a part of the events is not
// here, and up to where the blocks may hold later states, PartialReplay knows better.
Result<void> EventStore::ReplayChange(const Change& change) {
  if (on_replay_) on_replay_(change);
  if (is_loaded() && change.sequence > archive_.manifest().settled) {
    const auto order_of = [this](const Uuid& id) {
      const Row row = table_.FindById(id);
      if (row != kNoRow) archive_.Touch(table_.creation_order(row));
    };
    order_of(change.kind == ChangeKind::kReplaced ? change.previous_id : change.event.id);
    CUE_TRY(Apply(change));
    order_of(change.event.id);
    return {};
  }
  NoteOrder(change);
  if (change.kind == ChangeKind::kInserted) topics_.Note(change.event.topic, change.event.summary);
  partial_.Apply(change);
  return {};
}

void EventStore::NoteOrder(const Change& change) {
  if (change.fields.Has(Field::kCreationOrder) &&
      change.event.creation_order < kFirstProvisionalOrder) {
    next_order_ = std::max(next_order_, change.event.creation_order + 1);
  }
}

Result<bool> EventStore::Maintain() {
  if (!open_ || commit_) return Fail(ErrorCode::kState, "not while a commit is on its way");
  return archive_.Maintain(sequence_);
}

Result<EventStore::Commit> EventStore::BeginCommit() {
  if (commit_) return Fail(ErrorCode::kState, "a commit is already running");
  CUE_ASSIGN(const bool has_notes, outbox_file_.BeginCommit());
  committing_import_ = imported_bytes_;
  if (imported_bytes_ > 0) {
    CUE_TRY(archive_.Finish(sequence_));
    journal_.SkipTo(sequence_);
  }
  CUE_ASSIGN(const Journal::Commit written, journal_.BeginCommit());
  const auto archived = archive_.BeginCommit(next_order_);
  if (!archived) {
    if (written.bytes > 0) CUE_TRY(journal_.Committed(false));
    return std::unexpected(archived.error());
  }
  const Commit commit{
      .sequence = sequence_,
      .bytes = written.bytes,
      .is_needed = written.bytes > 0 || archive_.is_committing_files() || has_notes};
  if (commit.is_needed) commit_ = commit;
  return commit;
}

Result<void> EventStore::Committed(bool ok) {
  if (!commit_) return Fail(ErrorCode::kState, "no commit is running");
  const Commit commit = *std::exchange(commit_, std::nullopt);
  if (commit.bytes > 0) CUE_TRY(journal_.Committed(ok));
  archive_.Committed(ok);
  outbox_file_.Committed(ok);
  if (!ok) return {};
  durable_sequence_ = commit.sequence;
  imported_bytes_ -= committing_import_;
  return {};
}

}  // namespace cuesheet
