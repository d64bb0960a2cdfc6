#include "journal/record.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/json_canonical.h"

namespace cuesheet {
namespace {

void Put(ByteWriter& out, std::string_view text) { out.Text(text); }

void Put(ByteWriter& out, const std::optional<std::string_view>& text) {
  out.Varint(text ? text->size() + 1 : 0);
  if (text) out.Raw({reinterpret_cast<const uint8_t*>(text->data()), text->size()});
}

void Put(ByteWriter& out, const std::optional<Uuid>& id) {
  out.Fixed(static_cast<uint8_t>(id ? 1 : 0));
  if (id) out.Raw(id->bytes);
}

void Put(ByteWriter& out, EventStatus status) { out.Fixed(static_cast<uint8_t>(status)); }
void Put(ByteWriter& out, Timestamp time) { out.Fixed(time.us); }
void Put(ByteWriter& out, int32_t number) { out.Fixed(number); }
void Put(ByteWriter& out, int64_t number) { out.Fixed(number); }

Uuid TakeId(ByteReader& in) {
  const std::string_view raw = in.Take(16);
  Uuid id;
  for (size_t i = 0; i < raw.size(); ++i) id.bytes[i] = static_cast<uint8_t>(raw[i]);
  return id;
}

void Take(ByteReader& in, std::string& text) { text = in.Text(); }

void Take(ByteReader& in, std::optional<std::string>& text) {
  const uint64_t size = in.Varint();
  if (size > 0) text = in.Take(size - 1);
}

void Take(ByteReader& in, std::optional<Uuid>& id) {
  if (in.Fixed<uint8_t>() != 0) id = TakeId(in);
}

void Take(ByteReader& in, EventStatus& status) {
  status = static_cast<EventStatus>(in.Fixed<uint8_t>());
}

void Take(ByteReader& in, Timestamp& time) { time.us = in.Fixed<int64_t>(); }
void Take(ByteReader& in, int32_t& number) { number = in.Fixed<int32_t>(); }
void Take(ByteReader& in, int64_t& number) { number = in.Fixed<int64_t>(); }

void PutFields(ByteWriter& out, const EventView& event, FieldSet fields) {
  VisitFields(
      [&](auto field, const auto& value) {
        if constexpr (field.kInfo.field != Field::kId) {  // every record has it
          if (fields.Has(field.kInfo.field)) Put(out, value);
        }
      },
      event);
}

void TakeFields(ByteReader& in, Event& event, FieldSet fields) {
  VisitFields(
      [&](auto field, auto& value) {
        if constexpr (field.kInfo.field != Field::kId) {
          if (fields.Has(field.kInfo.field)) Take(in, value);
        }
      },
      event);
}

// Canonical text: the table reads it in place and checks nothing.
bool IsStoredObject(std::string_view text) {
  if (!text.starts_with('{')) return false;
  if (CanonicalEnd(text, 0) == text.size()) return true;
  const auto value = ParseJson(text);
  return value && CanonicalText(*value) == text;
}

// Whether a store can have written the event: the rest of the core relies on it.
bool IsPlausible(const Event& event) {
  return IsEventStatus(event.status) && IsStoredObject(event.summary) &&
         (!event.payload || IsStoredObject(*event.payload)) && event.created_at.IsValid() &&
         event.updated_at.IsValid() && event.creation_order <= kMaxCreationOrder;
}

static_assert(kMaxRecordSize > 3 * kMaxTextBytes + 6 * kMaxNameBytes + 1024);

// `previous` is the id of a replaced event, else null.
uint64_t PutRecord(std::string& out, uint64_t sequence, ChangeKind kind, const Uuid* previous,
                   FieldSet fields, const EventView& event) {
  const size_t head = out.size();
  out.append(kRecordHeadSize, '\0');
  ByteWriter body(out);
  body.Varint(sequence);
  body.Fixed(static_cast<uint8_t>(kind));
  body.Raw(event.id.bytes);
  if (previous != nullptr) body.Raw(previous->bytes);
  body.Varint(fields.bits());
  PutFields(body, event, fields);

  const std::string_view written = std::string_view(out).substr(head + kRecordHeadSize);
  CUE_ASSERT(written.size() <= kMaxRecordSize);  // nobody could read it back
  const uint64_t checksum = Checksum(written);
  PutFixed(out.data() + head, static_cast<uint32_t>(written.size()));
  PutFixed(out.data() + head + sizeof(uint32_t), checksum);
  return checksum;
}

}  // namespace

uint64_t AppendRecord(std::string& out, const Change& change) {
  const bool replaced = change.kind == ChangeKind::kReplaced;
  return PutRecord(out, change.sequence, change.kind, replaced ? &change.previous_id : nullptr,
                   change.fields, View(change.event));
}

Result<std::string_view> FirstRecordBody(std::string_view bytes) {
  ByteReader in(bytes);
  const auto size = in.Fixed<uint32_t>();
  const auto checksum = in.Fixed<uint64_t>();
  if (!in.ok() || size > kMaxRecordSize) return Fail(ErrorCode::kCorrupt, "record head is damaged");
  const std::string_view body = in.Take(size);
  if (!in.ok()) return Fail(ErrorCode::kCorrupt, "record is cut short");
  if (Checksum(body) != checksum) return Fail(ErrorCode::kCorrupt, "record checksum is wrong");
  return body;
}

Result<Change> ParseRecordBody(std::string_view body) {
  ByteReader in(body);
  Change change;
  change.sequence = in.Varint();
  const auto kind = in.Fixed<uint8_t>();
  if (!in.ok() || kind < static_cast<uint8_t>(ChangeKind::kInserted) ||
      kind > static_cast<uint8_t>(ChangeKind::kRemoved)) {
    return Fail(ErrorCode::kCorrupt, "record of an unknown kind");
  }
  change.kind = static_cast<ChangeKind>(kind);
  change.event.id = TakeId(in);
  if (change.kind == ChangeKind::kReplaced) change.previous_id = TakeId(in);
  const uint64_t bits = in.Varint();
  if (!in.ok() || bits > FieldSet::kAllBits) {
    return Fail(ErrorCode::kCorrupt, "record with unknown fields");
  }
  change.fields = FieldSet(static_cast<uint32_t>(bits));
  TakeFields(in, change.event, change.fields);
  if (!in.ok() || in.remaining() != 0 || !IsPlausible(change.event)) {
    return Fail(ErrorCode::kCorrupt, "record fields are damaged");
  }
  return change;
}

}  // namespace cuesheet
