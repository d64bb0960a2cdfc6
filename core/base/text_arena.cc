#include "base/text_arena.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/result.h"
#include "base/sort.h"

namespace cuesheet {

uint32_t TextArena::NewChunk(uint32_t bytes) {
  if (unused_.empty()) {
    unused_.push_back(static_cast<uint32_t>(chunks_.size()));
    chunks_.emplace_back();
  }
  const uint32_t chunk = unused_.back();
  unused_.pop_back();
  chunks_[chunk] = {.bytes = std::make_unique_for_overwrite<char[]>(bytes)};
  return chunk;
}

TextRef TextArena::Add(std::string_view text) {
  if (text.empty()) return {};
  CUE_ASSERT(text.size() <= TextRef::kMaxSize);
  const auto size = static_cast<uint32_t>(text.size());
  used_ += size;
  if (size > kChunkSize / 4) {  // a chunk of its own: long text must not waste the open chunk
    const uint32_t own = NewChunk(size);
    std::memcpy(chunks_[own].bytes.get(), text.data(), size);
    chunks_[own].size = chunks_[own].live = size;
    return TextRef::Of(own, 0, size);
  }
  if (open_free_ < size) {
    const bool was_open = open_free_ > 0;
    if (was_open && chunks_[open_chunk_].live == 0) emptied_.push_back(open_chunk_);
    open_chunk_ = NewChunk(kChunkSize);
    open_free_ = kChunkSize;
  }
  Chunk& chunk = chunks_[open_chunk_];
  const uint32_t offset = chunk.size;
  std::memcpy(chunk.bytes.get() + offset, text.data(), size);
  chunk.size += size;
  chunk.live += size;
  open_free_ -= size;
  return TextRef::Of(open_chunk_, offset, size);
}

void TextArena::Release(TextRef ref) {
  if (ref.size() == 0) return;
  Chunk& chunk = chunks_[ref.chunk()];
  CUE_ASSERT(chunk.live >= ref.size());
  chunk.live -= ref.size();
  dead_ += ref.size();
  const bool is_open = open_free_ > 0 && ref.chunk() == open_chunk_;
  if (chunk.live == 0 && !is_open) emptied_.push_back(ref.chunk());
}

void TextArena::Free(uint32_t chunk) {
  used_ -= chunks_[chunk].size;
  dead_ -= chunks_[chunk].size;
  chunks_[chunk] = {};
  unused_.push_back(chunk);
}

void TextArena::FreeDead() {
  if (emptied_.empty()) return;
  for (const uint32_t chunk : std::exchange(emptied_, {})) Free(chunk);
  move_at_ = std::min(move_at_, dead_ + kMinDead);
}

bool TextArena::IsMoveDue() const {
  return dead_ > move_at_ && (dead_ > max_dead_ || dead_ * 2 > used_);
}

void TextArena::BeginMove() {
  CUE_ASSERT(emptied_.empty() && moving_.empty());
  std::vector<Keyed> sparse;  // key: the share that lives, times 2^31
  for (uint32_t chunk = 0; chunk < chunks_.size(); ++chunk) {
    const bool is_open = open_free_ > 0 && chunk == open_chunk_;
    const auto [live, size] = std::pair(uint64_t{chunks_[chunk].live}, chunks_[chunk].size);
    if (!is_open && live < size)
      sparse.push_back({static_cast<int64_t>((live << 31) / size), chunk});
  }
  Sort(sparse);
  uint64_t moved = 0;
  for (const auto& [share, chunk] : sparse) {
    moved += chunks_[chunk].live;
    if (moved > kMaxMoved) break;
    chunks_[chunk].is_moving = true;
    moving_.push_back(chunk);
  }
}

TextRef TextArena::Moved(TextRef ref) {
  if (ref.size() == 0 || !chunks_[ref.chunk()].is_moving) return ref;
  return Add(Get(ref));
}

void TextArena::EndMove() {
  for (const uint32_t chunk : std::exchange(moving_, {})) {
    dead_ += chunks_[chunk].live;  // its copies live now
    Free(chunk);
  }
  move_at_ = dead_ + kMinDead;  // a move looks at every row, so it has to be worth it
}

}  // namespace cuesheet
