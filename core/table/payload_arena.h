// The payload bytes of a table, in chunks of 256 KiB. A chunk that a file holds is cold: its bytes
// may leave memory, and a PayloadSource brings them back for a read (docs/storage.md). A TextRef
// stays valid wherever the chunk is.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text_arena.h"

namespace cuesheet {

class PayloadSource {
 public:
  virtual ~PayloadSource() = default;
  // The bytes of a cold chunk. kCold: the host must load the files first; kStorage, kCorrupt: the
  // message names the file. The source remembers what it refused.
  virtual Result<std::string> ReadChunk(uint32_t chunk) = 0;
};

class PayloadArena {
 public:
  static constexpr size_t kMaxThawed = 32;  // cold chunks whose bytes are kept for the next reader

  void SetSource(PayloadSource* source) { source_ = source; }
  // Bytes of thawed chunks beyond which the oldest one is given up, but for the last one.
  void BoundThawed(uint64_t bytes) { max_thawed_bytes_ = bytes; }

  // `text` is at most TextRef::kMaxSize bytes.
  TextRef Add(std::string_view text);
  void Release(TextRef ref);
  // Fails as the source does when the chunk is cold. Valid until the next call of Get() or of a
  // function that is not const.
  Result<std::string_view> Get(TextRef ref) const;

  // The chunks with living text that no file holds yet, without those that an earlier call
  // returned. Text that is added later goes to other chunks.
  std::vector<uint32_t> SealUnsaved();
  std::string_view Bytes(uint32_t chunk) const { return chunks_[chunk].bytes; }
  // A file holds the chunk: its bytes leave memory.
  void Freeze(uint32_t chunk);
  // A chunk that a file of an opened store holds, and text in it.
  void Define(uint32_t chunk, uint32_t size);
  bool IsDefined(TextRef ref) const;
  void Adopt(TextRef ref) { chunks_[ref.chunk()].live += ref.size(); }

  bool IsCold(TextRef ref) const { return ref.size() > 0 && chunks_[ref.chunk()].is_cold; }
  uint32_t chunks() const { return static_cast<uint32_t>(chunks_.size()); }
  uint32_t size(uint32_t chunk) const { return chunks_[chunk].size; }
  // How many bytes of the chunk belong to a row.
  uint32_t live(uint32_t chunk) const { return chunks_[chunk].live; }
  // Whether half of the chunks that are not sealed is dead, and enough to copy the rest: call
  // StartRenewal(), then Renew() for every text, then EndRenewal().
  bool IsHalfDead() const;
  void StartRenewal();
  TextRef Renew(TextRef ref);
  void EndRenewal();

 private:
  struct Chunk {
    std::string bytes;  // empty when cold and not thawed
    uint32_t size = 0;
    uint32_t live = 0;
    bool is_cold = false;
    bool is_old = false;  // during a renewal
  };

  Result<std::string_view> Thaw(uint32_t chunk) const;

  PayloadSource* source_ = nullptr;
  mutable std::vector<Chunk> chunks_;
  mutable std::deque<uint32_t> thawed_;  // in the order in which they were thawed
  mutable uint64_t thawed_bytes_ = 0;
  uint64_t max_thawed_bytes_ = std::numeric_limits<uint64_t>::max();
  std::vector<uint32_t> unsaved_;  // not sealed; the open chunk is the last one
  std::vector<uint32_t> old_;      // during a renewal
  bool is_open_ = false;           // whether text may be added to the last unsaved one
  uint64_t unsaved_bytes_ = 0;
  uint64_t dead_unsaved_bytes_ = 0;
};

}  // namespace cuesheet
