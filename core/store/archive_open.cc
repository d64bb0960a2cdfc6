// Archive: how a store finds its files again.
#include <algorithm>
#include <limits>
#include <set>

#include "journal/check_file.h"
#include "store/archive.h"

namespace cuesheet {

Result<void> Archive::Open() {
  CUE_ASSIGN(std::vector<Manifest> manifests, ReadManifests());  // the newest first
  std::optional<size_t> chosen;
  for (size_t i = 0; i < manifests.size() && !chosen; ++i) {
    CUE_ASSIGN(const bool counts, Counts(manifests[i]));
    if (counts) chosen = i;
  }
  CUE_ASSIGN(const std::vector<std::string> names, env_->List());
  uint64_t next_file = 1;
  for (const std::string& name : names) {
    next_file = std::max(
        {next_file, FileNumber(name, kBlockPrefix) + 1, FileNumber(name, kPayloadPrefix) + 1});
  }
  if (manifests.empty()) {
    manifest_.next_file = next_file;
    // While the first segment exists, no checkpoint has replaced it: other files are left over from
    // an unfinished checkpoint.
    CUE_ASSIGN(const auto first_segment, journal_->SegmentsBefore(2));
    if (lost_.empty() && !first_segment.empty()) (void)RemoveStrangers();
    return {};
  }
  const bool is_whole = chosen.has_value();
  const size_t newest = chosen.value_or(0);
  // Newer ones were never acknowledged. They must not become valid later, when the journal has
  // grown.
  for (size_t i = 0; i < newest; ++i) CUE_TRY(Remove(ManifestName(manifests[i].number)));
  manifest_ = std::move(manifests[newest]);
  manifest_.next_file = std::max(manifest_.next_file, next_file);
  previous_.reset();
  if (newest + 1 < manifests.size()) {
    CUE_ASSIGN(const bool counts, Counts(manifests[newest + 1]));
    if (counts) previous_ = std::move(manifests[newest + 1]);
  }
  if (!is_whole) CUE_TRY(DropMissingFiles());
  payload_files_.Open(manifest_.payloads);
  topics_->Restore(manifest_.topics);
  unloaded_ = manifest_.blocks.size();
  dirty_.assign(unloaded_ + 1, false);
  return {};
}

Result<std::vector<Manifest>> Archive::ReadManifests() {
  CUE_ASSIGN(const std::vector<std::string> names, env_->List());
  std::set<uint64_t> numbers;
  for (const std::string& name : names) numbers.insert(FileNumber(name, kManifestPrefix));
  numbers.erase(0);
  std::vector<Manifest> manifests;
  std::vector<std::string> torn;
  std::vector<std::string> damaged;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const std::string name = ManifestName(*number);
    CUE_ASSIGN(const std::string bytes, env_->Read(name));
    auto manifest = DecodeManifest(bytes);
    if (manifest && manifest->number == *number) {
      manifests.push_back(*std::move(manifest));
    } else if (!manifest && manifest.error().code == ErrorCode::kState) {
      return Fail(ErrorCode::kState, name + ": " + manifest.error().message);
    } else if (manifests.empty() && IsTornManifest(bytes)) {
      torn.push_back(name);  // the newest: it was never acknowledged
    } else {
      damaged.push_back(name);
    }
  }
  for (const std::string& name : torn) CUE_TRY(Remove(name));
  for (const std::string& name : damaged) CUE_TRY(SetAside(name, "it is damaged"));
  return manifests;
}

Result<bool> Archive::Counts(const Manifest& manifest) const {
  const auto is_there = [this](const std::string& name, uint64_t bytes) {
    const auto size = env_->Size(name);
    return size && *size == bytes;
  };
  for (const BlockFile& block : manifest.blocks) {
    if (!is_there(BlockName(block.number), block.bytes)) return false;
  }
  for (const PayloadFile& payload : manifest.payloads) {
    if (!is_there(PayloadName(payload.number), payload.bytes)) return false;
  }
  if (manifest.settled == manifest.sequence) return true;
  CUE_ASSIGN(const auto checksum,
             journal_->ChecksumOf({manifest.first_segment, manifest.sequence}, manifest.settled));
  return checksum == manifest.settled_checksum;
}

// No manifest is valid: uses the newest one without its missing files.
Result<void> Archive::DropMissingFiles() {
  const auto is_missing = [this](const std::string& name, uint64_t bytes) {
    const auto size = env_->Size(name);
    if (size && *size == bytes) return false;
    lost_.push_back(name + ": the file is " + (size ? "cut short" : "missing"));
    return true;
  };
  std::erase_if(manifest_.blocks, [&](const BlockFile& block) {
    return is_missing(BlockName(block.number), block.bytes);
  });
  std::erase_if(manifest_.payloads, [&](const PayloadFile& payload) {
    return is_missing(PayloadName(payload.number), payload.bytes);
  });
  Demand();
  return {};
}

std::vector<std::string> Archive::NextFiles() const {
  if (is_loaded()) return {};
  return {BlockName(manifest_.blocks[unloaded_ - 1].number)};
}

int64_t Archive::loaded_from() const {
  if (is_loaded()) return std::numeric_limits<int64_t>::min();
  return unloaded_ < manifest_.blocks.size() ? manifest_.blocks[unloaded_].first_order
                                             : std::numeric_limits<int64_t>::max();
}

uint64_t Archive::BytesToLoad() const {
  if (is_loaded()) return 0;
  // LZ4 makes the texts of events about a third as long.
  const BlockFile& block = manifest_.blocks[unloaded_ - 1];
  return 3 * block.bytes + block.events * kEventBytes;
}

Result<void> Archive::LoadBlock(const std::function<void(const BlockEvent&)>& visit) {
  CUE_ASSERT(!is_loaded());
  const std::string name = BlockName(manifest_.blocks[unloaded_ - 1].number);
  if (!env_->IsLoaded(name)) return Fail(ErrorCode::kCold, name);
  CUE_ASSIGN(const std::string bytes, env_->Read(name));
  const auto decoded = DecodeBlock(bytes, visit);
  if (!decoded && decoded.error().code == ErrorCode::kState) {
    return Fail(ErrorCode::kState, name + ": " + decoded.error().message);
  }
  if (decoded) {
    --unloaded_;
  } else {
    CUE_TRY(BlockIsDamaged(decoded.error().message));
  }
  // The next checkpoint tries again to remove what cannot be removed now.
  if (is_loaded()) (void)RemoveStrangers();
  return {};
}

// An older checkpoint that does not name the block has its events; otherwise they are lost.
Result<void> Archive::BlockIsDamaged(const std::string& why) {
  const BlockFile block = manifest_.blocks[unloaded_ - 1];
  const bool is_shared =
      previous_ && std::ranges::any_of(previous_->blocks, [&](const BlockFile& other) {
        return other.number == block.number;
      });
  if (previous_ && !is_shared) {
    const std::string name = ManifestName(manifest_.number);
    CUE_TRY(SetAside(name, BlockName(block.number) + " is damaged (" + why +
                               "), the checkpoint before it is used"));
    return Fail(ErrorCode::kCorrupt, lost_.back());
  }
  CUE_TRY(SetAside(BlockName(block.number),
                   why + "; its " + std::to_string(block.events) + " events are lost"));
  manifest_.blocks.erase(manifest_.blocks.begin() + static_cast<std::ptrdiff_t>(unloaded_) - 1);
  dirty_.pop_back();
  --unloaded_;
  Demand();
  return {};
}

Result<void> Archive::SetAside(const std::string& name, const std::string& why) {
  CUE_TRY(env_->Rename(name, "lost-" + name));
  has_changed_files_ = true;
  lost_.push_back(name + ": " + why + "; the file was set aside as lost-" + name);
  return {};
}

Result<std::optional<std::string>> Archive::Verify(const std::string& name) const {
  if (!env_->IsLoaded(name)) return Fail(ErrorCode::kCold, name);
  CUE_ASSIGN(const std::string bytes, env_->Read(name));
  if (!IsStoreFile(name)) return "it was set aside, or is no file of a store";
  const auto checked = CheckFile(name, bytes);
  if (checked) return std::nullopt;
  return checked.error().message;
}

}  // namespace cuesheet
