// Text that many rows own, in chunks that never move, so that growing copies nothing. A chunk whose
// text is all dead gives its memory back. When half of all text is dead, the table moves the living
// text out of the chunks that have the least of it, a bounded part at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cuesheet {

// A range of an arena in 8 bytes: chunk (24 bits), offset (18), size (22).
struct TextRef {
  static constexpr uint32_t kMaxSize = (1U << 22) - 1;
  static constexpr uint32_t kMaxChunks = 1U << 24;

  uint64_t bits = 0;

  static TextRef Of(uint64_t chunk, uint64_t offset, uint64_t size) {
    CUE_ASSERT(chunk < kMaxChunks);  // its number would become another one's
    return {chunk << 40 | offset << 22 | size};
  }
  uint32_t chunk() const { return static_cast<uint32_t>(bits >> 40); }
  uint32_t offset() const { return static_cast<uint32_t>(bits >> 22 & 0x3FFFF); }
  uint32_t size() const { return static_cast<uint32_t>(bits & kMaxSize); }
};

class TextArena {
 public:
  static constexpr uint32_t kChunkSize = 256 * 1024;
  // Below this it is not worth to look for dead text.
  static constexpr uint64_t kMinDead = 1 << 20;
  // Living text that one move copies.
  static constexpr uint64_t kMaxMoved = 16 << 20;

  // `text` is at most TextRef::kMaxSize bytes.
  TextRef Add(std::string_view text);
  std::string_view Get(TextRef ref) const {
    if (ref.size() == 0) return {};
    return {chunks_[ref.chunk()].bytes.get() + ref.offset(), ref.size()};
  }
  // Its bytes stay where they are until FreeDead() or EndMove().
  void Release(TextRef ref);
  // Of all chunks, living and dead.
  uint64_t used() const { return used_; }
  uint64_t dead() const { return dead_; }

  // Chunks without living text give their memory back.
  void FreeDead();
  // Moves begin at this many bytes of dead text, if not at half of the text.
  void BoundDead(uint64_t bytes) { max_dead_ = bytes; }
  // Whether to call BeginMove(), then Moved() for every text, then EndMove().
  bool IsMoveDue() const;
  void BeginMove();
  // Where the text is now.
  TextRef Moved(TextRef ref);
  void EndMove();

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    uint32_t size = 0;  // of the text in it
    uint32_t live = 0;
    bool is_moving = false;
  };

  uint32_t NewChunk(uint32_t bytes);
  void Free(uint32_t chunk);

  std::vector<Chunk> chunks_;
  std::vector<uint32_t> unused_;   // numbers of chunks that were freed
  std::vector<uint32_t> emptied_;  // chunks without living text
  std::vector<uint32_t> moving_;
  uint32_t open_chunk_ = 0;
  uint32_t open_free_ = 0;  // bytes left in the open chunk; 0 = there is none
  uint64_t used_ = 0;
  uint64_t dead_ = 0;
  uint64_t max_dead_ = std::numeric_limits<uint64_t>::max();
  uint64_t move_at_ = kMinDead;  // more dead text than the last move has left
};

}  // namespace cuesheet
