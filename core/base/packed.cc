#include "base/packed.h"

#include <lz4.h>

#include "base/bytes.h"

namespace cuesheet {
namespace {

struct Head {
  uint32_t raw_size;
  uint32_t packed_size;
  uint64_t checksum;
};

Result<Head> TakeHead(ByteReader& in) {
  Head head{};
  head.raw_size = in.Fixed<uint32_t>();
  head.packed_size = in.Fixed<uint32_t>();
  head.checksum = in.Fixed<uint64_t>();
  if (!in.ok()) return Fail(ErrorCode::kCorrupt, "a piece is cut short");
  if (head.raw_size > kMaxPieceBytes || head.packed_size > head.raw_size) {
    return Fail(ErrorCode::kCorrupt, "the head of a piece is damaged");
  }
  return head;
}

}  // namespace

void AppendPiece(std::string& out, std::string_view raw) {
  CUE_ASSERT(raw.size() <= kMaxPieceBytes);
  const size_t head = out.size();
  out.resize(head + kPieceHeadBytes + raw.size());
  char* packed = out.data() + head + kPieceHeadBytes;
  const int raw_size = static_cast<int>(raw.size());
  const char* const from = raw.data();
  // Room for what is smaller than the text only: LZ4 gives up (0) when it is not.
  const int size = raw.empty() ? 0 : LZ4_compress_default(from, packed, raw_size, raw_size - 1);
  size_t packed_size = static_cast<size_t>(size);
  if (size == 0) {
    packed_size = raw.size();
    raw.copy(packed, raw.size());
  }
  out.resize(head + kPieceHeadBytes + packed_size);
  const std::string_view written = std::string_view(out).substr(head + kPieceHeadBytes);
  const uint64_t checksum = Checksum(written);
  PutFixed(out.data() + head, static_cast<uint32_t>(raw.size()));
  PutFixed(out.data() + head + 4, static_cast<uint32_t>(packed_size));
  PutFixed(out.data() + head + 8, checksum);
}

Result<std::string> TakePiece(std::string_view& bytes) {
  ByteReader in(bytes);
  CUE_ASSIGN(const Head head, TakeHead(in));
  const std::string_view packed = in.Take(head.packed_size);
  if (!in.ok()) return Fail(ErrorCode::kCorrupt, "a piece is cut short");
  if (Checksum(packed) != head.checksum) {
    return Fail(ErrorCode::kCorrupt, "the checksum of a piece is wrong");
  }
  bytes.remove_prefix(kPieceHeadBytes + packed.size());
  if (head.packed_size == head.raw_size) return std::string(packed);
  std::string raw(head.raw_size, '\0');
  const int size = LZ4_decompress_safe(packed.data(), raw.data(), static_cast<int>(packed.size()),
                                       static_cast<int>(raw.size()));
  if (size != static_cast<int>(raw.size())) {
    return Fail(ErrorCode::kCorrupt, "a piece cannot be unpacked");
  }
  return raw;
}

Result<uint64_t> PieceBytes(std::string_view head) {
  ByteReader in(head);
  CUE_ASSIGN(const Head parsed, TakeHead(in));
  return kPieceHeadBytes + parsed.packed_size;
}

}  // namespace cuesheet
