#include "table/event_table.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/find_bytes.h"
#include "base/fold.h"
#include "base/json_text.h"
#include "base/result.h"
#include "event/names.h"

namespace cuesheet {
namespace {

// Most summaries are `{}`: an empty range means that, and takes no bytes.
constexpr std::string_view kEmptyObject = "{}";

static_assert(kMaxTextBytes == TextRef::kMaxSize);

std::string_view ObjectText(std::string_view stored) {
  return stored.empty() ? kEmptyObject : stored;
}

std::string_view StoredObject(std::string_view text) {
  return text == kEmptyObject ? std::string_view() : text;
}

// What a block's summary is about, but for the children.
constexpr FieldSet kSummarized = FieldSet()
                                     .Add(Field::kTopic)
                                     .Add(Field::kProject)
                                     .Add(Field::kUser)
                                     .Add(Field::kStatus)
                                     .Add(Field::kCreatedAt);

void Replace(TextArena& arena, TextRef& ref, std::string_view text) {
  if (arena.Get(ref) == text) return;
  arena.Release(ref);
  ref = arena.Add(text);
}

}  // namespace

Row EventTable::Insert(const EventView& event) {
  CUE_ASSERT(FindById(event.id) == kNoRow);
  const Row row = NewRow();
  id_[row] = event.id;
  flags_[row] = static_cast<uint8_t>(event.status);
  ++size_;
  by_id_.Insert(HashOfId(event.id), row, [this](Row r) { return HashOfId(id_[r]); });
  FieldSet fields = FieldSet::All().Drop(Field::kStatus);
  // A new row has none of these: setting them to nothing would only look them up.
  if (!event.hash) fields.Drop(Field::kHash);
  if (event.retries == 0) fields.Drop(Field::kRetries);
  SetColumns(row, event, fields);
  PlaceInOrder(row);
  if (event.depends_on) SetParent(row, event.depends_on);
  Count(row);
  AdoptWaiting(row);
  TellEnters(row);
  return row;
}

// Observers compare a row before and after a change, so every change goes between TellLeaves() and
// TellEnters().
void EventTable::Set(Row row, const EventView& event, FieldSet fields) {
  TellLeaves(row);
  Uncount(row);
  const bool moves =
      fields.Has(Field::kCreationOrder) && creation_order_[row] != event.creation_order;
  if (moves) TakeFromOrder(row);
  const EventStatus before = status(row);
  SetColumns(row, event, fields);
  if (moves) {
    PlaceInOrder(row);
  } else if ((fields.bits() & kSummarized.bits()) != 0) {
    BlockSummary& block = BlockOf(row);
    --block.statuses[static_cast<size_t>(before)];
    ++block.statuses[static_cast<size_t>(status(row))];
    AddValues(block, row);
  }
  // After all else, because this calls observers with the parent, which may be the row itself.
  if (fields.Has(Field::kDependsOn)) SetParent(row, event.depends_on);
  Count(row);
  CompactText();
  TellEnters(row);
}

void EventTable::SetColumns(Row row, const EventView& event, FieldSet fields) {
  if (fields.Has(Field::kHash)) SetHash(row, event.hash);
  if (fields.Has(Field::kTopic)) topic_.Set(row, event.topic);
  if (fields.Has(Field::kSender)) sender_.Set(row, event.sender);
  if (fields.Has(Field::kSenderType)) sender_type_.Set(row, event.sender_type);
  if (fields.Has(Field::kProject)) project_.Set(row, event.project);
  if (fields.Has(Field::kUser)) user_.Set(row, event.user);
  if (fields.Has(Field::kStatus)) {
    flags_[row] =
        static_cast<uint8_t>((flags_[row] & ~kStatusBits) | static_cast<uint8_t>(event.status));
  }
  if (fields.Has(Field::kRetries)) SetRetries(row, event.retries);
  if (fields.Has(Field::kDescription)) SetDescription(row, event.description);
  if (fields.Has(Field::kSummary)) SetSummary(row, StoredObject(event.summary));
  if (fields.Has(Field::kPayload)) SetPayload(row, event.payload);
  if (fields.Has(Field::kCreatedAt)) created_at_[row] = event.created_at;
  if (fields.Has(Field::kUpdatedAt)) updated_at_[row] = event.updated_at;
  if (fields.Has(Field::kCreationOrder)) creation_order_[row] = event.creation_order;
}

Row EventTable::FindById(const Uuid& id) const {
  return by_id_.Find(HashOfId(id), [&](Row row) { return id_[row] == id; });
}

Row EventTable::FindByHash(std::string_view hash) const {
  const Row row = by_hash_.Find(Checksum(hash), [&](Row r) { return hash_.at(r) == hash; });
  if (row != kNoRow) return row;
  const auto id = Uuid::Parse(hash);
  if (!id) return kNoRow;
  const Row own = FindById(*id);
  return own != kNoRow && !hash_.contains(own) ? own : kNoRow;
}

// One object throughout: a view is 250 bytes, and copying it shows in wasm.
Result<EventView> EventTable::View(Row row) const {
  Result<EventView> view;
  FillView(*view, row);
  if (!HasPayload(row)) return view;
  const auto text = payloads_.Get(payload_ref(row));
  if (text) {
    view->payload = ObjectText(*text);
  } else {
    view = std::unexpected(text.error());
  }
  return view;
}

EventView EventTable::ViewWithoutPayload(Row row) const {
  EventView view;
  FillView(view, row);
  return view;
}

void EventTable::FillView(EventView& view, Row row) const {
  view.id = id_[row];
  view.hash = own_hash(row);
  view.topic = topic_.Get(row).value_or("");
  view.sender = sender_.Get(row);
  view.sender_type = sender_type_.Get(row);
  view.project = project_.Get(row);
  view.user = user_.Get(row);
  view.depends_on = ParentId(row);
  view.status = status(row);
  view.retries = retries(row);
  view.description = description(row);
  view.summary = summary(row);
  view.created_at = created_at_[row];
  view.updated_at = updated_at_[row];
  view.creation_order = creation_order_[row];
}

std::optional<std::string_view> EventTable::own_hash(Row row) const {
  const auto hash = hash_.find(row);
  if (hash == hash_.end()) return std::nullopt;
  return hash->second;
}

int32_t EventTable::retries(Row row) const {
  const auto it = retries_.find(row);
  return it == retries_.end() ? 0 : it->second;
}

std::string_view EventTable::summary(Row row) const { return ObjectText(text_.Get(summary_[row])); }

Result<std::optional<std::string_view>> EventTable::payload(Row row) const {
  if (!HasPayload(row)) return std::nullopt;
  CUE_ASSIGN(const std::string_view text, payloads_.Get(payload_ref(row)));
  return ObjectText(text);
}

void EventTable::AdoptPayload(Row row, TextRef ref) {
  flags_[row] |= kPayloadHere;
  if (ref.size() == 0) return;
  if (row >= payload_.size()) payload_.resize(id_.size());
  payload_[row] = ref;
  payloads_.Adopt(ref);
}

int64_t EventTable::MaxCreationOrder() const {
  return order_.empty() ? 0 : creation_order_[order_.back()];
}

Row EventTable::NewRow() {
  if (!free_rows_.empty()) {
    const Row row = free_rows_.back();
    free_rows_.pop_back();
    return row;
  }
  CUE_ASSERT(id_.size() < kMaxRows);  // of kRowBytes each: memory ends before
  const auto row = static_cast<Row>(id_.size());
  if (id_.NeedsRoom()) MakeRoomForRow();
  id_.Append({});
  flags_.Append(kDead);
  created_at_.Append({});
  updated_at_.Append({});
  creation_order_.Append(0);
  parent_.Append(kNoRow);
  newest_child_.Append(kNoRow);
  next_sibling_.Append(kNoRow);
  description_.Append({});
  signature_.Append({});
  summary_.Append({});
  for (DictionaryColumn* column : {&topic_, &project_, &user_, &sender_, &sender_type_}) {
    column->Append();
  }
  return row;
}

void EventTable::TellLeaves(Row row) {
  for (RowObserver* observer : observers_) observer->RowLeaves(row);
}

void EventTable::TellEnters(Row row) {
  for (RowObserver* observer : observers_) observer->RowEnters(row);
}

void EventTable::Count(Row row) { counts_.Add(codes(row), IsLogTopic(*topic_.Get(row))); }

void EventTable::Uncount(Row row) { counts_.Remove(codes(row), IsLogTopic(*topic_.Get(row))); }

KeptCounts::Codes EventTable::codes(Row row) const {
  return {topic_.code(row), static_cast<uint32_t>(status(row)), project_.code(row), user_.code(row),
          sender_.code(row)};
}

uint64_t EventTable::HashOfId(const Uuid& id) {
  return Checksum({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

uint64_t EventTable::HashKey(Row row) const { return Checksum(hash_.at(row)); }

uint64_t EventTable::HashOfValue(std::string_view value) { return Checksum(value); }

std::optional<std::string_view> EventTable::IndexedValue(Row row) const {
  return MemberText(text_.Get(summary_[row]), kIndexedSummaryKey);
}

void EventTable::PlaceInOrder(Row row) {
  order_.Insert(
      row, [this](Row r) { return creation_order_[r]; },
      [this](BlockSummary& block, Row r) {
        ++block.statuses[static_cast<size_t>(status(r))];
        if (HasChildren(r)) ++block.parents;
        AddValues(block, r);
      });
}

void EventTable::AddValues(BlockSummary& block, Row row) const {
  block.codes[static_cast<size_t>(BlockColumn::kTopic)].Add(topic_.code(row));
  block.codes[static_cast<size_t>(BlockColumn::kProject)].Add(project_.code(row));
  block.codes[static_cast<size_t>(BlockColumn::kUser)].Add(user_.code(row));
  block.oldest = std::min(block.oldest, created_at_[row]);
  block.newest = std::max(block.newest, created_at_[row]);
}

void EventTable::SetHash(Row row, const std::optional<std::string_view>& hash) {
  ReleaseHash(row);
  if (!hash || *hash == id_[row].Hex()) return;
  hash_[row] = *hash;
  by_hash_.Insert(Checksum(*hash), row, [this](Row r) { return HashKey(r); });
}

void EventTable::ReleaseHash(Row row) {
  if (!hash_.contains(row)) return;
  by_hash_.Erase(HashKey(row), row);
  hash_.erase(row);
}

void EventTable::SetDescription(Row row, std::string_view text) {
  if (description(row) == text) return;
  Replace(text_, description_[row], text);
  FoldInto(folded_, text);
  signature_[row] = TextSignature::Of(folded_);
  const bool is_plain = std::ranges::equal(text, folded_, {}, LowerAscii);
  flags_[row] =
      static_cast<uint8_t>((flags_[row] & ~kPlainDescription) | (is_plain ? kPlainDescription : 0));
}

void EventTable::SetSummary(Row row, std::string_view text) {
  if (const auto old = IndexedValue(row)) by_value_.Erase(HashOfValue(*old), row);
  Replace(text_, summary_[row], text);
  if (const auto value = IndexedValue(row)) {
    by_value_.Insert(HashOfValue(*value), row,
                     [this](Row r) { return HashOfValue(*IndexedValue(r)); });
  }
}

void EventTable::SetPayload(Row row, const std::optional<std::string_view>& payload) {
  flags_[row] = static_cast<uint8_t>((flags_[row] & ~kPayloadHere) | (payload ? kPayloadHere : 0));
  const std::string_view text = StoredObject(payload.value_or(""));
  if (row >= payload_.size()) {
    if (text.empty()) return;
    payload_.resize(id_.size());
  }
  TextRef& ref = payload_[row];
  // A cold payload is not read for the comparison: that could need a file that is not loaded.
  if (!payloads_.IsCold(ref) && payloads_.Get(ref) == text) return;
  payloads_.Release(ref);
  ref = payloads_.Add(text);
}

void EventTable::SetRetries(Row row, int32_t retries) {
  if (retries == 0) {
    retries_.erase(row);
  } else {
    retries_[row] = retries;
  }
}

std::optional<Uuid> EventTable::ParentId(Row row) const {
  if (parent_[row] != kNoRow) return id_[parent_[row]];
  const auto absent = absent_parent_.find(row);
  if (absent != absent_parent_.end()) return absent->second;
  return std::nullopt;
}

}  // namespace cuesheet
