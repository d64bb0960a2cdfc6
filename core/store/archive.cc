#include "store/archive.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/packed.h"

namespace cuesheet {
namespace {

// A block with less than this part of a full block's events is written together with its neighbour.
constexpr size_t kFewEvents = 8;
// A checkpoint is due when the journal has this part of the bytes that it would rewrite.
constexpr uint64_t kJournalShare = 8;
// Events of one creation order cannot be parted. A piece takes so much text of theirs, and beside
// it 150 bytes of numbers for each of kMaxBlockEvents.
constexpr size_t kMaxSharedText = 48 << 20;
static_assert(kMaxSharedText + 150 * kMaxBlockEvents < kMaxPieceBytes);
static_assert(StoreOptions().block_text_bytes + 2 * kMaxTextBytes + 6 * kMaxNameBytes <
              kMaxSharedText);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What a row brings into the pieces of a block, but for its numbers.
size_t BlockTextOf(const EventTable& table, Row row) {
  const EventView event = table.ViewWithoutPayload(row);
  const auto size = [](const std::optional<std::string_view>& text) {
    return text ? text->size() : 0;
  };
  return size(event.hash) + event.topic.size() + size(event.sender) + size(event.sender_type) +
         size(event.project) + size(event.user) + event.description.size() + event.summary.size();
}

}  // namespace

Archive::Archive(Env* env, const StoreOptions& options, EventTable* table, Journal* journal,
                 TopicRegistry* topics)
    : env_(env),
      options_(options),
      table_(table),
      journal_(journal),
      topics_(topics),
      payload_files_(env, &table->payloads(), options.payload_files),
      dirty_(1) {
  table->payloads().SetSource(&payload_files_);
  table->payloads().BoundThawed(options.thawed_bytes);
}

void Archive::MarkDirty(const std::vector<BlockFile>& blocks, std::vector<bool>& dirty,
                        int64_t order) {
  const auto after = std::ranges::upper_bound(blocks, order, {}, &BlockFile::first_order);
  const auto at = after - blocks.begin();
  dirty[static_cast<size_t>(at == 0 ? 0 : at - 1)] = true;
}

void Archive::Touch(int64_t order) {
  if (stage_ == Stage::kIdle) {
    MarkDirty(manifest_.blocks, dirty_, order);
  } else if (touched_.empty() || touched_.back() != order) {
    touched_.push_back(order);
  }
}

void Archive::Restart() {
  if (stage_ == Stage::kIdle || stage_ == Stage::kCommit) return;
  dirty_ = planned_;
  for (const int64_t order : std::exchange(touched_, {})) {
    MarkDirty(manifest_.blocks, dirty_, order);
  }
  manifest_.next_file = next_.next_file;  // the payload files that it has written stay
  stage_ = Stage::kIdle;
  is_demanded_ = true;
}

bool Archive::IsDue() const {
  // A failed write has interrupted it.
  if (stage_ == Stage::kPayloads || stage_ == Stage::kBlocks) return true;
  if (stage_ != Stage::kIdle || !is_loaded()) return false;
  if (is_demanded_ || !payload_files_.Joinable().empty()) return true;
  const uint64_t bytes = journal_->bytes();
  if (bytes >= options_.max_journal_bytes || journal_->segments() >= options_.max_segments) {
    return true;
  }
  if (bytes < options_.min_journal_bytes) return false;
  uint64_t rewritten = 0;
  for (size_t i = 0; i < manifest_.blocks.size(); ++i) {
    if (dirty_[i]) rewritten += manifest_.blocks[i].bytes;
  }
  return bytes * kJournalShare >= rewritten;
}

Result<void> Archive::CheckRoom() const {
  if (HasRoom()) return {};
  return Fail(ErrorCode::kStorage,
              "storage takes no writes: all numbers for chunks of payloads are used up; export the "
              "store and import it into a new one");
}

Result<bool> Archive::Maintain(uint64_t sequence) {
  switch (stage_) {
    case Stage::kIdle:
      if (!IsDue()) return false;
      CUE_TRY(CompactPayloads());
      Begin(sequence);
      return true;
    case Stage::kPayloads:
      CUE_TRY(WritePayloads());
      return true;
    case Stage::kBlocks:
      CUE_TRY(WriteBlock());
      return true;
    case Stage::kManifest:
      has_changed_files_ = true;
      return false;
    case Stage::kCommit:
      return Fail(ErrorCode::kState, "a commit is running");
  }
  return false;
}

Result<void> Archive::Finish(uint64_t sequence) {
  Restart();
  Begin(sequence);  // without compaction, which may need files that are not loaded
  while (stage_ != Stage::kManifest) CUE_TRY(Maintain(sequence));
  return {};
}

// Moves payloads out of files that are half dead, and joins small files. This comes before the
// checkpoint begins, because it may have to be called again (kCold).
Result<void> Archive::CompactPayloads() {
  if (const uint64_t file = payload_files_.HalfDead()) {
    const std::set<uint32_t> chunks = payload_files_.ChunksOf(file);
    bool is_moved = true;
    payload_files_.ForgetMissed();
    for (Row row = 0; row < table_->row_limit(); ++row) {
      const TextRef ref = table_->payload_ref(row);
      if (!table_->IsLive(row) || ref.size() == 0 || !chunks.contains(ref.chunk())) continue;
      is_moved = table_->MovePayload(row);
      if (!is_moved) break;
      Touch(table_->creation_order(row));
    }
    CUE_TRY(payload_files_.CheckCold());
    if (is_moved) payload_files_.Forget(file);  // otherwise it is damaged
  }
  if (const std::vector<uint64_t> files = payload_files_.Joinable(); !files.empty()) {
    const auto joined = payload_files_.Join(manifest_.next_file, files);
    if (!joined && joined.error().code != ErrorCode::kCorrupt) return joined;
    if (!joined) payload_files_.LeaveAlone(files);
    ++manifest_.next_file;
    has_changed_files_ = true;
  }
  return {};
}

void Archive::Begin(uint64_t sequence) {
  CUE_ASSERT(stage_ == Stage::kIdle && is_loaded());
  CUE_ASSERT(touched_.empty() && dirty_.size() == manifest_.blocks.size() + 1);
  next_ = {};
  next_.number = manifest_.number + 1;
  next_.sequence = sequence;
  next_.first_segment = journal_->Rotate();
  next_.next_file = manifest_.next_file;
  is_demanded_ = false;
  const std::vector<uint32_t> sealed = table_->payloads().SealUnsaved();
  chunks_.insert(chunks_.end(), sealed.begin(), sealed.end());
  planned_ = dirty_;
  PlanBlocks();
  stage_ = chunks_.empty() ? Stage::kBlocks : Stage::kPayloads;
}

void Archive::PlanBlocks() {
  const std::vector<BlockFile>& blocks = manifest_.blocks;
  std::vector<bool> again = dirty_;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const bool beside = (i > 0 && dirty_[i - 1]) || dirty_[i + 1];
    if (beside && blocks[i].events * kFewEvents < options_.block_events) again[i] = true;
  }
  runs_.clear();
  const auto start_of = [&](size_t i) {
    return i == 0 ? -kInfinity : static_cast<double>(blocks[i].first_order);
  };
  if (blocks.empty()) runs_.push_back({-kInfinity, kInfinity});
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (!again[i]) {
      next_.blocks.push_back(blocks[i]);
      continue;
    }
    const double until = i + 1 < blocks.size() ? start_of(i + 1) : kInfinity;
    if (i > 0 && again[i - 1]) {
      runs_.back().until = until;
    } else {
      runs_.push_back({start_of(i), until});
    }
  }
  std::ranges::reverse(runs_);
}

Result<void> Archive::WritePayloads() {
  CUE_ASSERT(!chunks_.empty());
  CUE_ASSIGN(const size_t count, payload_files_.Write(next_.next_file, chunks_));
  CUE_ASSERT(count > 0 && count <= chunks_.size());
  ++next_.next_file;
  has_changed_files_ = true;
  const auto end = chunks_.begin() + static_cast<std::ptrdiff_t>(count);
  written_.insert(written_.end(), chunks_.begin(), end);
  chunks_.erase(chunks_.begin(), end);
  if (chunks_.empty()) stage_ = Stage::kBlocks;
  return {};
}

// The rows of the next block of a run. Rows that share a creation order stay together: kTooLarge
// when a block has no room for them.
Result<std::vector<Row>> Archive::NextRows(const Run& run) const {
  std::vector<Row> rows;
  size_t text = 0;
  bool is_full = false;
  bool fits = true;
  table_->VisitRange({.after = run.from - 1, .before = run.until}, [&](Row row) {
    if (is_full && table_->creation_order(row) != table_->creation_order(rows.back())) return false;
    rows.push_back(row);
    text += BlockTextOf(*table_, row);
    is_full = rows.size() >= options_.block_events || text >= options_.block_text_bytes;
    fits = rows.size() <= kMaxBlockEvents && text <= kMaxSharedText;
    return fits;
  });
  if (fits) return rows;
  return Fail(ErrorCode::kTooLarge,
              "a checkpoint has no room for all events of creation order " +
                  std::to_string(table_->creation_order(rows.back())) +
                  ": what gave them one number is broken; they stay in the journal");
}

Result<void> Archive::WriteBlock() {
  if (!runs_.empty()) {
    Run& run = runs_.back();
    CUE_ASSIGN(const std::vector<Row> rows, NextRows(run));
    if (rows.empty()) {
      runs_.pop_back();
    } else {
      const std::string bytes = EncodeBlock(*table_, rows);
      CUE_TRY(env_->Write(BlockName(next_.next_file), bytes));
      has_changed_files_ = true;
      const BlockFile block{.number = next_.next_file,
                            .bytes = bytes.size(),
                            .first_order = table_->creation_order(rows.front()),
                            .events = static_cast<uint32_t>(rows.size())};
      const auto behind =
          std::ranges::upper_bound(next_.blocks, block.first_order, {}, &BlockFile::first_order);
      next_.blocks.insert(behind, block);
      ++next_.next_file;
      run.from = static_cast<double>(table_->creation_order(rows.back())) + 1;
    }
  }
  if (runs_.empty()) {
    stage_ = Stage::kManifest;
  }
  return {};
}

Result<void> Archive::BeginCommit(int64_t next_order) {
  CUE_ASSERT(stage_ != Stage::kCommit);
  if (stage_ == Stage::kManifest) {
    next_.settled = journal_->last_sequence();
    CUE_ASSERT(chunks_.empty() && runs_.empty());
    CUE_ASSERT(next_.settled >= next_.sequence);
    next_.settled_checksum = journal_->last_checksum();
    next_.next_order = next_order;
    next_.payloads = payload_files_.List();
    next_.topics = topics_->Save();
    CUE_TRY(env_->Write(ManifestName(next_.number), EncodeManifest(next_)));
    has_changed_files_ = true;
    stage_ = Stage::kCommit;
  }
  is_committing_files_ = std::exchange(has_changed_files_, false);
  return {};
}

void Archive::Committed(bool ok) {
  if (!ok) {
    has_changed_files_ = has_changed_files_ || is_committing_files_;
    if (stage_ != Stage::kCommit) return;
    // It must not be valid before the journal has reached the end that it names.
    (void)env_->Remove(ManifestName(next_.number));
    stage_ = Stage::kManifest;
  } else if (stage_ == Stage::kCommit) {
    Settle();
  }
}

// The manifest is durable.
void Archive::Settle() {
  CUE_ASSERT(next_.number > manifest_.number && next_.sequence >= manifest_.sequence);
  CUE_ASSERT(std::ranges::is_sorted(next_.blocks, {}, &BlockFile::first_order));
  if (manifest_.number > 0) previous_ = std::move(manifest_);
  manifest_ = std::move(next_);
  stage_ = Stage::kIdle;
  dirty_.assign(manifest_.blocks.size() + 1, false);
  for (const int64_t order : std::exchange(touched_, {})) {
    MarkDirty(manifest_.blocks, dirty_, order);
  }
  payload_files_.Freeze(std::exchange(written_, {}));
  // The next checkpoint tries again to remove what cannot be removed now.
  (void)RemoveStrangers();
}

Result<void> Archive::Remove(const std::string& name) {
  CUE_TRY(env_->Remove(name));
  has_changed_files_ = true;
  return {};
}

// Removes files that neither the newest manifest nor its fallback needs.
Result<void> Archive::RemoveStrangers() {
  std::set<std::string> kept;
  const auto keep = [&kept](const Manifest& manifest) {
    kept.insert(ManifestName(manifest.number));
    for (const BlockFile& block : manifest.blocks) kept.insert(BlockName(block.number));
    for (const PayloadFile& payload : manifest.payloads) kept.insert(PayloadName(payload.number));
  };
  keep(manifest_);
  if (previous_) keep(*previous_);
  CUE_ASSIGN(const std::vector<std::string> names, env_->List());
  for (const std::string& name : names) {
    const bool is_ours = name.starts_with(kManifestPrefix) || name.starts_with(kBlockPrefix) ||
                         name.starts_with(kPayloadPrefix);
    if (is_ours && !kept.contains(name)) CUE_TRY(Remove(name));
  }
  if (!previous_) return {};  // the whole journal is the fallback
  CUE_ASSIGN(const auto segments, journal_->SegmentsBefore(previous_->first_segment));
  for (const std::string& name : segments) CUE_TRY(Remove(name));
  return {};
}

}  // namespace cuesheet
