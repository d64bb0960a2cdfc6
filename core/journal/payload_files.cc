#include "journal/payload_files.h"

#include <algorithm>

#include "base/packed.h"
#include "journal/file_head.h"

namespace cuesheet {
namespace {

constexpr std::string_view kMagic = "CUEPAYL1";  // its last character is the format version
constexpr size_t kJoinedFiles = 8;
constexpr uint64_t kMinDeadBytes = 1 << 20;

// Files of about one size have one tier. Joining only these rewrites each byte once a tier.
int TierOf(const PayloadFile& file) {
  int tier = 0;
  for (uint64_t bytes = file.bytes; bytes > 256 << 10; bytes /= kJoinedFiles) ++tier;
  return tier;
}

}  // namespace

void PayloadFiles::Open(const std::vector<PayloadFile>& files) {
  files_.clear();  // those of a checkpoint that turned out to be damaged
  places_.clear();
  damaged_.clear();
  for (const PayloadFile& file : files) {
    files_[file.number] = file;
    SetPlaces(file);
    for (const auto& [chunk, offset, size] : file.chunks) arena_->Define(chunk, size);
  }
}

void PayloadFiles::SetPlaces(const PayloadFile& file) {
  for (const auto& [chunk, offset, size] : file.chunks) {
    if (chunk >= places_.size()) places_.resize(chunk + 1);
    places_[chunk] = {file.number, offset};
  }
}

Result<std::string> PayloadFiles::ReadChunk(uint32_t chunk) {
  if (chunk >= places_.size() || places_[chunk].file == 0) {
    unreadable_ = {ErrorCode::kCorrupt, "no payload file has chunk " + std::to_string(chunk)};
    return std::unexpected(*unreadable_);
  }
  const std::string name = PayloadName(places_[chunk].file);
  // A list asks once for each of its events. A file never changes, so the first error stays valid.
  const auto known = damaged_.find(chunk);
  auto piece = known == damaged_.end() ? ReadPiece(chunk) : std::unexpected(known->second);
  if (piece) return piece;
  Error& error = piece.error();
  if (error.code == ErrorCode::kCold) {
    missed_.insert(name);
    return piece;
  }
  if (!error.message.contains(name)) error.message.insert(0, name + ": ");
  if (error.code == ErrorCode::kCorrupt) damaged_.try_emplace(chunk, error);
  if (!unreadable_) unreadable_ = error;
  return piece;
}

Result<std::string> PayloadFiles::ReadPiece(uint32_t chunk) const {
  const auto [file, offset] = places_[chunk];
  const std::string name = PayloadName(file);
  if (!env_->IsLoaded(name)) return Fail(ErrorCode::kCold, name);
  CUE_ASSIGN(const std::string head, env_->ReadAt(name, offset, kPieceHeadBytes));
  CUE_ASSIGN(const uint64_t size, PieceBytes(head));
  CUE_ASSIGN(const std::string bytes, env_->ReadAt(name, offset, size));
  std::string_view rest = bytes;
  auto piece = TakePiece(rest);
  if (piece && piece->size() != arena_->size(chunk)) {
    return Fail(ErrorCode::kCorrupt, "a piece is not of the size that the checkpoint names");
  }
  return piece;
}

Result<void> PayloadFiles::CheckCold() const {
  if (missed_.empty()) return {};
  std::string names;
  for (const std::string& name : missed_) {
    names += (names.empty() ? "" : "\n") + name;
  }
  return Fail(ErrorCode::kCold, names);
}

Result<void> PayloadFiles::FirstRefusal() const {
  CUE_TRY(CheckCold());
  return std::unexpected(*unreadable_);
}

Result<size_t> PayloadFiles::Write(uint64_t number, std::span<const uint32_t> chunks) {
  PayloadFile file;
  file.number = number;
  std::string bytes(kMagic);
  uint64_t raw = 0;
  for (const uint32_t chunk : chunks) {
    // At least one chunk, however large: a payload may be larger than a file is meant to be.
    if (raw > 0 && raw + arena_->size(chunk) > sizes_.written) break;
    raw += arena_->size(chunk);
    file.chunks.push_back({chunk, static_cast<uint32_t>(bytes.size()), arena_->size(chunk)});
    AppendPiece(bytes, arena_->Bytes(chunk));
  }
  CUE_TRY(env_->Write(PayloadName(number), bytes));
  file.bytes = bytes.size();
  SetPlaces(file);
  const size_t written = file.chunks.size();
  files_[number] = std::move(file);
  return written;
}

Result<void> PayloadFiles::Join(uint64_t number, const std::vector<uint64_t>& files) {
  std::string cold;
  for (const uint64_t file : files) {
    const std::string name = PayloadName(file);
    if (!env_->IsLoaded(name)) cold += (cold.empty() ? "" : "\n") + name;
  }
  // All names at once, so that the host loads them together.
  if (!cold.empty()) return Fail(ErrorCode::kCold, cold);
  PayloadFile joined;
  joined.number = number;
  std::string bytes(kMagic);
  for (const uint64_t file : files) {
    CUE_ASSIGN(const std::string part, env_->Read(PayloadName(file)));
    // Pieces are copied without unpacking them, so damage has to be found here.
    CUE_TRY(CheckPayloadFile(part));
    for (auto chunk : files_[file].chunks) {
      if (arena_->live(chunk.chunk) == 0) continue;
      CUE_ASSIGN(const uint64_t size,
                 PieceBytes(std::string_view(part).substr(chunk.offset, kPieceHeadBytes)));
      const std::string_view piece =
          std::string_view(part).substr(chunk.offset, static_cast<size_t>(size));
      chunk.offset = static_cast<uint32_t>(bytes.size());
      bytes += piece;
      joined.chunks.push_back(chunk);
    }
  }
  CUE_TRY(env_->Write(PayloadName(number), bytes));
  joined.bytes = bytes.size();
  for (const uint64_t file : files) Forget(file);
  SetPlaces(joined);
  files_[number] = std::move(joined);
  return {};
}

void PayloadFiles::Forget(uint64_t number) {
  for (const auto& chunk : files_[number].chunks) places_[chunk.chunk] = {};
  files_.erase(number);
}

void PayloadFiles::Freeze(std::span<const uint32_t> chunks) {
  for (const uint32_t chunk : chunks) arena_->Freeze(chunk);
}

std::vector<PayloadFile> PayloadFiles::List() const {
  std::vector<PayloadFile> list;
  list.reserve(files_.size());
  for (const auto& [number, file] : files_) list.push_back(file);
  return list;
}

uint64_t PayloadFiles::HalfDead() const {
  for (const auto& [number, file] : files_) {
    uint64_t size = 0;
    uint64_t live = 0;
    for (const auto& chunk : file.chunks) {
      size += chunk.size;
      live += arena_->live(chunk.chunk);
    }
    if (live == 0 || (size - live > kMinDeadBytes && live * 2 < size)) return number;
  }
  return 0;
}

std::vector<uint64_t> PayloadFiles::Joinable() const {
  if (files_.size() < kJoinedFiles) return {};  // cheap, because every commit asks
  std::map<int, std::vector<uint64_t>> tiers;
  for (const auto& [number, file] : files_) {
    if (file.bytes > sizes_.joined / kJoinedFiles || alone_.contains(number)) continue;
    auto& tier = tiers[TierOf(file)];
    tier.push_back(number);
    if (tier.size() == kJoinedFiles) return tier;
  }
  return {};
}

std::set<uint32_t> PayloadFiles::ChunksOf(uint64_t number) const {
  std::set<uint32_t> chunks;
  for (const auto& chunk : files_.at(number).chunks) chunks.insert(chunk.chunk);
  return chunks;
}

Result<void> CheckPayloadFile(std::string_view bytes) {
  CUE_TRY(CheckFileHead(bytes, kMagic));
  bytes.remove_prefix(kMagic.size());
  while (!bytes.empty()) {
    CUE_ASSIGN(const std::string piece, TakePiece(bytes));
    (void)piece;
  }
  return {};
}

}  // namespace cuesheet
