// Text that many rows own, in chunks that never move, so that growing copies nothing. Dead text is
// counted; when half of it is dead, the table copies the living text into a new arena.
#pragma once

#include <cstdint>
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

  // `text` is at most TextRef::kMaxSize bytes.
  TextRef Add(std::string_view text);
  std::string_view Get(TextRef ref) const {
    if (ref.size() == 0) return {};
    return {chunks_[ref.chunk()].get() + ref.offset(), ref.size()};
  }
  void Release(TextRef ref) { dead_ += ref.size(); }
  uint64_t used() const { return used_; }
  uint64_t dead() const { return dead_; }

 private:
  std::vector<std::unique_ptr<char[]>> chunks_;
  uint32_t open_chunk_ = 0;
  uint32_t open_free_ = 0;  // bytes left in the open chunk
  uint64_t used_ = 0;
  uint64_t dead_ = 0;
};

}  // namespace cuesheet
