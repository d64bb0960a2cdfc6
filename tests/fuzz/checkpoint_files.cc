// Byte 1 says what the rest is: a manifest, a block or a payload file as it stands, the body of a
// manifest or the pieces of a block under right checksums, or both of these as files of a store.
// What cannot be read is refused with a reason; what can be is read again as it was written.
#include "base/bytes.h"
#include "base/packed.h"
#include "journal/block.h"
#include "journal/payload_files.h"
#include "small_store.h"

namespace cuesheet::testing {
namespace {

void CheckRefused(const Error& error) {
  CUE_ASSERT(error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kState);
  CUE_ASSERT(!error.message.empty());
}

std::string WithHead(std::string_view magic, std::string_view body) {
  std::string bytes(magic);
  ByteWriter head(bytes);
  head.Fixed(static_cast<uint32_t>(body.size()));
  head.Fixed(Checksum(body));
  bytes += body;
  return bytes;
}

void CheckManifest(std::string_view bytes) {
  const auto manifest = DecodeManifest(bytes);
  if (!manifest) return CheckRefused(manifest.error());
  const std::string written = EncodeManifest(*manifest);
  const auto again = DecodeManifest(written);
  CUE_ASSERT(again.has_value() && EncodeManifest(*again) == written);
}

void CheckBlock(std::string_view bytes) {
  size_t events = 0;
  std::optional<int64_t> last;
  const auto read = DecodeBlock(bytes, [&](const BlockEvent& event) {
    CUE_ASSERT(!last || event.event.creation_order <= *last);
    last = event.event.creation_order;
    ++events;
  });
  if (!read) {
    CUE_ASSERT(events == 0);
    CheckRefused(read.error());
  }
}

// Two bytes of size, then the numbers; the rest are the texts.
std::string Block(std::string_view data) {
  ByteReader in(data);
  const size_t size = std::min<size_t>(in.Fixed<uint16_t>(), in.remaining());
  std::string bytes("CUEBLCK1");
  AppendPiece(bytes, in.Take(size));
  AppendPiece(bytes, in.Take(in.remaining()));
  return bytes;
}

// All events; a block under a right checksum may hold what no store writes, such as a hash twice.
std::multiset<std::string> EventsOf(const EventStore& store) {
  std::multiset<std::string> events;
  store.view().table().VisitRange({}, [&](Row row) {
    std::string text = std::to_string(store.view().table().creation_order(row));
    const auto event = store.view().table().View(row);
    AppendEvent(text, event ? *event : store.view().table().ViewWithoutPayload(row),
                EventForm::kRest);
    events.insert(text);
    return true;
  });
  return events;
}

// Two bytes of size, then the body of the manifest; the rest is the block that it may name.
void CheckStore(std::string_view data) {
  ByteReader in(data);
  const size_t size = std::min<size_t>(in.Fixed<uint16_t>(), in.remaining());
  MemoryEnv env;
  env.files[ManifestName(1)] = WithHead("CUEMANI1", in.Take(size));
  env.files[BlockName(1)] = Block(in.Take(in.remaining()));
  EventStore store(&env, kSmall);
  const auto opened = OpenWhole(store);
  if (!opened) return CheckRefused(opened.error());
  (void)WhatIsWrong(store);
  const std::multiset<std::string> truth = EventsOf(store);
  Checkpoint(store);
  EventStore again(&env, kSmall);
  CUE_ASSERT(OpenWhole(again).has_value());
  CUE_ASSERT(EventsOf(again) == truth);
}

}  // namespace
}  // namespace cuesheet::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cuesheet;
  using namespace cuesheet::testing;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      CheckManifest(rest);
      break;
    case 1:
      CheckManifest(WithHead("CUEMANI1", rest));
      break;
    case 2:
      CheckBlock(rest);
      break;
    case 3:
      CheckBlock(Block(rest));
      break;
    case 4:
      if (const auto read = CheckPayloadFile(rest); !read) CheckRefused(read.error());
      break;
    default:
      CheckStore(rest);
  }
  return 0;
}
