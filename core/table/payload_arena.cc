#include "table/payload_arena.h"

#include <utility>

namespace cuesheet {
namespace {

constexpr uint32_t kChunkBytes = TextArena::kChunkSize;
constexpr uint64_t kMinDeadBytes = 1 << 20;

}  // namespace

TextRef PayloadArena::Add(std::string_view text) {
  if (text.empty()) return {};
  CUE_ASSERT(text.size() <= TextRef::kMaxSize);
  const auto size = static_cast<uint32_t>(text.size());
  // Large text has a chunk of its own, so that it does not close a chunk with much room left.
  const bool is_large = size > kChunkBytes / 4;
  if (is_large || !is_open_ || kChunkBytes - chunks_[unsaved_.back()].size < size) {
    const auto fresh = static_cast<uint32_t>(chunks_.size());
    chunks_.emplace_back();
    // The whole chunk at once: views of its text stay valid while text is added.
    if (!is_large) chunks_[fresh].bytes.reserve(kChunkBytes);
    if (is_large && is_open_) {
      // The open chunk stays the last one: that is where Add() looks for room.
      unsaved_.insert(unsaved_.end() - 1, fresh);
    } else {
      unsaved_.push_back(fresh);
      is_open_ = !is_large;
    }
    if (is_large) {
      chunks_[fresh] = {std::string(text), size, size};
      unsaved_bytes_ += size;
      return TextRef::Of(fresh, 0, size);
    }
  }
  const uint32_t at = unsaved_.back();
  Chunk& chunk = chunks_[at];
  const uint32_t offset = chunk.size;
  chunk.bytes.append(text);
  chunk.size += size;
  chunk.live += size;
  unsaved_bytes_ += size;
  return TextRef::Of(at, offset, size);
}

void PayloadArena::Release(TextRef ref) {
  if (ref.size() == 0) return;
  Chunk& chunk = chunks_[ref.chunk()];
  chunk.live -= ref.size();
  if (!chunk.is_cold) dead_unsaved_bytes_ += ref.size();
}

Result<std::string_view> PayloadArena::Get(TextRef ref) const {
  if (ref.size() == 0) return std::string_view();
  std::string_view bytes = chunks_[ref.chunk()].bytes;
  if (bytes.empty()) {
    CUE_ASSIGN(bytes, Thaw(ref.chunk()));
  }
  return bytes.substr(ref.offset(), ref.size());
}

Result<std::string_view> PayloadArena::Thaw(uint32_t chunk) const {
  CUE_ASSERT(source_ != nullptr);
  CUE_ASSIGN(std::string bytes, source_->ReadChunk(chunk));
  CUE_ASSERT(bytes.size() == chunks_[chunk].size);
  // The chunks that were thawed first make room. Their bytes are still in their files.
  while (!thawed_.empty() &&
         (thawed_.size() == kMaxThawed || thawed_bytes_ + bytes.size() > max_thawed_bytes_)) {
    chunks_[thawed_.front()].bytes = {};
    thawed_bytes_ -= chunks_[thawed_.front()].size;
    thawed_.pop_front();
  }
  thawed_.push_back(chunk);
  thawed_bytes_ += bytes.size();
  chunks_[chunk].bytes = std::move(bytes);
  return std::string_view(chunks_[chunk].bytes);
}

std::vector<uint32_t> PayloadArena::SealUnsaved() {
  is_open_ = false;
  unsaved_bytes_ = dead_unsaved_bytes_ = 0;
  std::vector<uint32_t> sealed;
  for (const uint32_t chunk : std::exchange(unsaved_, {})) {
    if (chunks_[chunk].live > 0) {
      sealed.push_back(chunk);
    } else {
      chunks_[chunk] = {};
    }
  }
  return sealed;
}

void PayloadArena::Freeze(uint32_t chunk) {
  chunks_[chunk].bytes = {};
  chunks_[chunk].is_cold = true;
}

void PayloadArena::Define(uint32_t chunk, uint32_t size) {
  if (chunk >= chunks_.size()) chunks_.resize(chunk + 1);
  chunks_[chunk] = {{}, size, 0, true, false};
}

bool PayloadArena::IsDefined(TextRef ref) const {
  return ref.size() == 0 || (ref.chunk() < chunks_.size() && chunks_[ref.chunk()].is_cold &&
                             ref.offset() + ref.size() <= chunks_[ref.chunk()].size);
}

bool PayloadArena::IsHalfDead() const {
  return dead_unsaved_bytes_ > kMinDeadBytes && dead_unsaved_bytes_ * 2 > unsaved_bytes_;
}

void PayloadArena::StartRenewal() {
  old_ = std::exchange(unsaved_, {});
  for (const uint32_t chunk : old_) chunks_[chunk].is_old = true;
  is_open_ = false;
  unsaved_bytes_ = dead_unsaved_bytes_ = 0;
}

TextRef PayloadArena::Renew(TextRef ref) {
  if (ref.size() == 0 || !chunks_[ref.chunk()].is_old) return ref;
  return Add(*Get(ref));
}

void PayloadArena::EndRenewal() {
  for (const uint32_t chunk : std::exchange(old_, {})) chunks_[chunk] = {};
}

}  // namespace cuesheet
