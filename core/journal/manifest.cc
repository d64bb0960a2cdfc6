#include "journal/manifest.h"

#include <charconv>

#include "base/bytes.h"
#include "base/text_arena.h"
#include "journal/file_head.h"

namespace cuesheet {
namespace {

constexpr std::string_view kMagic = "CUEMANI1";  // its last character is the format version

// A number of 32 bits; false for a larger one.
bool TakeNumber(ByteReader& in, uint32_t& number) {
  const uint64_t value = in.Varint();
  number = static_cast<uint32_t>(value);
  return number == value;
}

bool TakeBlocks(ByteReader& in, std::vector<BlockFile>& blocks) {
  for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count) {
    BlockFile& block = blocks.emplace_back();
    block.number = in.Varint();
    block.bytes = in.Varint();
    block.first_order = in.Fixed<int64_t>();
    if (!TakeNumber(in, block.events)) return false;
  }
  return true;
}

bool TakePayloads(ByteReader& in, std::vector<PayloadFile>& payloads) {
  for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count) {
    PayloadFile& payload = payloads.emplace_back();
    payload.number = in.Varint();
    payload.bytes = in.Varint();
    for (uint64_t chunks = in.Varint(); chunks > 0 && in.ok(); --chunks) {
      PayloadFile::Chunk& chunk = payload.chunks.emplace_back();
      const bool fits =
          TakeNumber(in, chunk.chunk) && TakeNumber(in, chunk.offset) && TakeNumber(in, chunk.size);
      if (!fits || chunk.chunk >= TextRef::kMaxChunks || chunk.size > TextRef::kMaxSize) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

uint64_t Manifest::events() const {
  uint64_t sum = 0;
  for (const BlockFile& block : blocks) sum += block.events;
  return sum;
}

std::string FileName(std::string_view prefix, uint64_t number) {
  const std::string digits = std::to_string(number);
  const std::string zeros(digits.size() < 8 ? 8 - digits.size() : 0, '0');
  return std::string(prefix) + zeros + digits;
}
std::string ManifestName(uint64_t number) { return FileName(kManifestPrefix, number); }
std::string BlockName(uint64_t number) { return FileName(kBlockPrefix, number); }
std::string PayloadName(uint64_t number) { return FileName(kPayloadPrefix, number); }

uint64_t FileNumber(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return 0;
  name.remove_prefix(prefix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

std::string EncodeManifest(const Manifest& manifest) {
  std::string body;
  ByteWriter out(body);
  out.Varint(manifest.number);
  out.Varint(manifest.sequence);
  out.Varint(manifest.settled);
  out.Fixed(manifest.settled_checksum);
  out.Varint(manifest.first_segment);
  out.Fixed(manifest.next_order);
  out.Varint(manifest.next_file);
  out.Varint(manifest.blocks.size());
  for (const BlockFile& block : manifest.blocks) {
    out.Varint(block.number);
    out.Varint(block.bytes);
    out.Fixed(block.first_order);
    out.Varint(block.events);
  }
  out.Varint(manifest.payloads.size());
  for (const PayloadFile& payload : manifest.payloads) {
    out.Varint(payload.number);
    out.Varint(payload.bytes);
    out.Varint(payload.chunks.size());
    for (const PayloadFile::Chunk& chunk : payload.chunks) {
      out.Varint(chunk.chunk);
      out.Varint(chunk.offset);
      out.Varint(chunk.size);
    }
  }
  out.Text(manifest.topics);

  std::string bytes(kMagic);
  ByteWriter head(bytes);
  CUE_ASSERT(body.size() <= UINT32_MAX);
  head.Fixed(static_cast<uint32_t>(body.size()));
  head.Fixed(Checksum(body));
  return bytes + body;
}

bool IsTornManifest(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return kMagic.starts_with(bytes);
  ByteReader head(bytes.substr(kMagic.size()));
  const auto size = head.Fixed<uint32_t>();
  head.Fixed<uint64_t>();
  return !head.ok() || head.remaining() < size;
}

Result<Manifest> DecodeManifest(std::string_view bytes) {
  CUE_TRY(CheckFileHead(bytes, kMagic));
  ByteReader head(bytes.substr(kMagic.size()));
  const auto size = head.Fixed<uint32_t>();
  const auto checksum = head.Fixed<uint64_t>();
  const std::string_view body = head.Take(size);
  // Bytes after the body are damage too: a manifest is written once, as a whole.
  if (!head.ok() || head.remaining() != 0 || Checksum(body) != checksum) {
    return Fail(ErrorCode::kCorrupt, "the checksum of the manifest is wrong");
  }
  ByteReader in(body);
  Manifest manifest;
  manifest.number = in.Varint();
  manifest.sequence = in.Varint();
  manifest.settled = in.Varint();
  manifest.settled_checksum = in.Fixed<uint64_t>();
  manifest.first_segment = in.Varint();
  manifest.next_order = in.Fixed<int64_t>();
  manifest.next_file = in.Varint();
  const bool fits = TakeBlocks(in, manifest.blocks) && TakePayloads(in, manifest.payloads);
  manifest.topics = in.Text();
  if (!fits || !in.ok() || in.remaining() != 0) {
    return Fail(ErrorCode::kCorrupt, "the manifest makes no sense");
  }
  return manifest;
}

}  // namespace cuesheet
