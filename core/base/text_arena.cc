#include "base/text_arena.h"

#include <cstring>

#include "base/result.h"

namespace cuesheet {

TextRef TextArena::Add(std::string_view text) {
  if (text.empty()) return {};
  CUE_ASSERT(text.size() <= TextRef::kMaxSize);
  const auto size = static_cast<uint32_t>(text.size());
  used_ += size;
  if (size > kChunkSize / 4) {  // a chunk of its own: long text must not waste the open chunk
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    std::memcpy(chunks_.back().get(), text.data(), size);
    return TextRef::Of(chunks_.size() - 1, 0, size);
  }
  if (open_free_ < size) {
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(kChunkSize));
    open_chunk_ = static_cast<uint32_t>(chunks_.size() - 1);
    open_free_ = kChunkSize;
  }
  const uint32_t offset = kChunkSize - open_free_;
  std::memcpy(chunks_[open_chunk_].get() + offset, text.data(), size);
  open_free_ -= size;
  return TextRef::Of(open_chunk_, offset, size);
}

}  // namespace cuesheet
