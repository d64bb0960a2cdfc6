// Which files make up a checkpoint (docs/storage.md):
//   "CUEMANI1" | u32 size of body | u64 checksum of body | body
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cuesheet {

struct BlockFile {
  uint64_t number = 0;
  uint64_t bytes = 0;
  int64_t first_order = 0;  // of its events; its range ends where the next block begins
  uint32_t events = 0;
};

struct PayloadFile {
  struct Chunk {
    uint32_t chunk = 0;
    uint32_t offset = 0;  // of its piece in the file
    uint32_t size = 0;    // raw
  };
  uint64_t number = 0;
  uint64_t bytes = 0;
  std::vector<Chunk> chunks;
};

struct Manifest {
  uint64_t number = 0;
  // Every change up to here is in the blocks. Some changes up to `settled` may be in them too,
  // because changes go on while blocks are written. The journal must reach `settled` with a record
  // of this checksum (0: there is none), or else the manifest is not valid.
  uint64_t sequence = 0;
  uint64_t settled = 0;
  uint64_t settled_checksum = 0;
  uint64_t first_segment = 1;     // of the journal from `sequence` on
  int64_t next_order = 1;         // of the store
  uint64_t next_file = 1;         // block and payload files number below this
  std::vector<BlockFile> blocks;  // by first_order
  std::vector<PayloadFile> payloads;
  std::string topics;  // TopicRegistry::Save

  uint64_t events() const;
};

std::string ManifestName(uint64_t number);
std::string BlockName(uint64_t number);
std::string PayloadName(uint64_t number);
std::string FileName(std::string_view prefix, uint64_t number);
// The number of a file `prefix` + digits, 0 for any other name.
uint64_t FileNumber(std::string_view name, std::string_view prefix);

inline constexpr std::string_view kManifestPrefix = "manifest-";
inline constexpr std::string_view kBlockPrefix = "block-";
inline constexpr std::string_view kPayloadPrefix = "payload-";
inline constexpr std::string_view kStoreIdName = "store-id";  // the hub's own (docs/hub.md)
inline constexpr std::string_view kJournalPrefix = "journal-";
// journal/note_file.h
inline constexpr std::string_view kOutboxPrefix = "outbox-";
inline constexpr std::string_view kLeasesPrefix = "leases-";

std::string EncodeManifest(const Manifest& manifest);
// kCorrupt when it is damaged; kState when a newer version wrote it.
Result<Manifest> DecodeManifest(std::string_view bytes);
// Whether these are the first bytes of a manifest that was not written to its end.
bool IsTornManifest(std::string_view bytes);

}  // namespace cuesheet
