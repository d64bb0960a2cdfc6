// Pieces of a file, each compressed and with its own checksum (docs/storage.md):
//   u32 raw size | u32 packed size | u64 checksum of the packed bytes | LZ4 block
// A piece that LZ4 does not make smaller is stored as it is: both sizes are the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cuesheet {

inline constexpr uint32_t kMaxPieceBytes = 64 << 20;  // raw
inline constexpr size_t kPieceHeadBytes = 16;

// `raw` is at most kMaxPieceBytes.
void AppendPiece(std::string& out, std::string_view raw);

// The piece at the start of `bytes`, which is removed from them. kCorrupt when it is cut short or
// damaged.
Result<std::string> TakePiece(std::string_view& bytes);

// The size of the piece that begins with these kPieceHeadBytes, head included.
Result<uint64_t> PieceBytes(std::string_view head);

}  // namespace cuesheet
