// Byte 1 says what the rest is: a record's body, a segment, or bodies that get a right head each.
// A store opens on it or says why not, and what it opened on is there the next time.
#include <algorithm>
#include <tuple>

#include "base/bytes.h"
#include "journal/record.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

constexpr std::string_view kMagic = "CUEJRNL1";
constexpr const char* kSegment = "journal-00000001";

auto Fields(const Event& e) {
  return std::tie(e.id, e.hash, e.topic, e.sender, e.sender_type, e.project, e.user, e.depends_on,
                  e.status, e.retries, e.description, e.summary, e.payload, e.created_at,
                  e.updated_at, e.creation_order);
}

void CheckBody(std::string_view body) {
  const auto change = ParseRecordBody(body);
  if (!change) {
    CUE_ASSERT(change.error().code == ErrorCode::kCorrupt);
    return;
  }
  std::string bytes;
  AppendRecord(bytes, *change);
  const auto again = ParseRecordBody(FirstRecordBody(bytes).value());
  CUE_ASSERT(again.has_value());
  CUE_ASSERT(again->sequence == change->sequence && again->kind == change->kind &&
             again->previous_id == change->previous_id &&
             again->fields.bits() == change->fields.bits() &&
             Fields(again->event) == Fields(change->event));
}

std::string Everything(const EventStore& store) {
  std::string out;
  EventQuery query;
  query.include_logs = true;
  query.first = kMaxPageSize;
  store.answers().AppendPage(out, query, EventForm::kRest);
  const Json counts = {{"by", {"topic", "status", "project", "user", "sender"}},
                       {"histogram", {{"buckets", 3}}}};
  store.answers().AppendCounts(out, CountRequest::Parse(counts).value());
  return out;
}

void CheckSegment(std::string bytes, bool sealed) {
  MemoryEnv env;
  env.files[kSegment] = std::move(bytes);
  if (sealed) env.files["journal-00000002"] = kMagic;
  EventStore store(&env);
  const auto recovery = store.files().Open();
  if (!recovery) {
    const auto& [code, message] = recovery.error();
    const bool is_newer = env.files[kSegment].starts_with(kMagic.substr(0, kMagic.size() - 1));
    CUE_ASSERT(code == ErrorCode::kCorrupt || (code == ErrorCode::kState && is_newer));
    CUE_ASSERT(!message.empty());
    return;
  }
  CUE_ASSERT(recovery->sequence == recovery->records);
  DispatchRequest request;
  request.topic = "demo.a";
  if (!store.ledger().Dispatch(request, {}, {1}, {})) return;
  CUE_ASSERT(store.files().BeginCommit().has_value());
  CUE_ASSERT(store.files().Committed(true).has_value());
  EventStore reopened(&env);
  const auto second = reopened.files().Open();
  CUE_ASSERT(second.has_value() && second->cut_bytes == 0 &&
             second->sequence == recovery->sequence + 1);
  CUE_ASSERT(Everything(reopened) == Everything(store));
}

// `bodies`: a byte of size, then a body without its sequence, and so on.
std::string Segment(std::string_view bodies) {
  std::string bytes(kMagic);
  ByteReader in(bodies);
  for (uint64_t sequence = 1; in.remaining() != 0; ++sequence) {
    const size_t size = std::min<size_t>(in.Fixed<uint8_t>(), in.remaining());
    std::string body;
    ByteWriter(body).Varint(sequence);
    body += in.Take(size);
    CheckBody(body);
    ByteWriter head(bytes);
    head.Fixed(static_cast<uint32_t>(body.size()));
    head.Fixed(Checksum(body));
    bytes += body;
  }
  return bytes;
}

void CheckLargeInputs() {
  for (const char c : {'\0', '\x7F', '\xFF'}) {
    const std::string bytes(1 << 20, c);
    CheckBody(bytes);
    CUE_ASSERT(!FirstRecordBody(bytes) || c == '\0');
    CheckSegment(bytes, false);
    CheckSegment(std::string(kMagic) + bytes, false);
  }
  std::string inserts;
  for (int i = 0; i < 20'000; ++i) {
    const Change change{.event{.id{.bytes{static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)}}}};
    std::string record;
    AppendRecord(record, change);
    record.erase(0, kRecordHeadSize + 1);
    inserts += static_cast<char>(record.size()) + record;
  }
  CheckSegment(Segment(inserts), true);
}

}  // namespace
}  // namespace cuesheet::testing

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cuesheet::testing::CheckLargeInputs();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cuesheet::testing;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool sealed = data[0] >= 0x80;
  switch (data[0] % 4) {
    case 0:
      CheckBody(rest);
      break;
    case 1:
      CheckSegment(std::string(rest), sealed);
      break;
    case 2:
      CheckSegment(std::string(kMagic) + std::string(rest), sealed);
      break;
    default:
      CheckSegment(Segment(rest), sealed);
  }
  return 0;
}
