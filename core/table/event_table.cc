#include "table/event_table.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/result.h"

namespace cuesheet {
namespace {

// Summaries are mostly `{}`; an empty range stands for it.
constexpr std::string_view kEmptyObject = "{}";

constexpr size_t kMinDeadRows = 1024;
constexpr uint64_t kMinDeadText = 1 << 20;

std::string_view ObjectText(std::string_view stored) {
  return stored.empty() ? kEmptyObject : stored;
}

std::string_view StoredObject(std::string_view text) {
  return text == kEmptyObject ? std::string_view() : text;
}

}  // namespace

Row EventTable::Insert(const EventView& event) {
  CUE_ASSERT(FindById(event.id) == kNoRow);
  const Row row = NewRow();
  id_[row] = event.id;
  status_[row] = static_cast<uint8_t>(event.status);
  ++status_counts_[status_[row]];
  ++size_;
  by_id_.Insert(HashOfId(event.id), row, [this](Row r) { return HashOfId(id_[r]); });
  creation_order_[row] = event.creation_order;
  PlaceInOrder(row);
  Set(row, event, FieldSet::All().Drop(Field::kStatus).Drop(Field::kCreationOrder));
  AdoptWaiting(row);
  return row;
}

void EventTable::Set(Row row, const EventView& event, FieldSet fields) {
  if (fields.Has(Field::kHash)) SetHash(row, event.hash);
  if (fields.Has(Field::kTopic)) topic_.Set(row, event.topic);
  if (fields.Has(Field::kSender)) sender_.Set(row, event.sender);
  if (fields.Has(Field::kSenderType)) sender_type_.Set(row, event.sender_type);
  if (fields.Has(Field::kProject)) project_.Set(row, event.project);
  if (fields.Has(Field::kUser)) user_.Set(row, event.user);
  if (fields.Has(Field::kDependsOn)) SetParent(row, event.depends_on);
  if (fields.Has(Field::kStatus)) {
    --status_counts_[status_[row]];
    status_[row] = static_cast<uint8_t>(event.status);
    ++status_counts_[status_[row]];
  }
  if (fields.Has(Field::kRetries)) retries_[row] = event.retries;
  if (fields.Has(Field::kDescription)) SetText(description_[row], event.description);
  if (fields.Has(Field::kSummary)) SetText(summary_[row], StoredObject(event.summary));
  if (fields.Has(Field::kPayload)) SetPayload(row, event.payload);
  if (fields.Has(Field::kCreatedAt)) created_at_[row] = event.created_at;
  if (fields.Has(Field::kUpdatedAt)) updated_at_[row] = event.updated_at;
  if (fields.Has(Field::kCreationOrder) && creation_order_[row] != event.creation_order) {
    TakeFromOrder(row);
    creation_order_[row] = event.creation_order;
    PlaceInOrder(row);
  }
  if (text_.dead() > kMinDeadText && text_.dead() * 2 > text_.used()) CompactText();
}

void EventTable::Rename(Row row, const Uuid& id) {
  CUE_ASSERT(FindById(id) == kNoRow);
  by_id_.Erase(HashOfId(id_[row]), row);
  // A hash that was the event's own id stays what it was: make it explicit.
  const auto hash = hash_.find(row);
  const std::string text = hash == hash_.end() ? id_[row].Hex() : hash->second;
  id_[row] = id;
  by_id_.Insert(HashOfId(id), row, [this](Row r) { return HashOfId(id_[r]); });
  if (hash == hash_.end()) SetHash(row, text);
  AdoptWaiting(row);
}

void EventTable::Remove(Row row) {
  CUE_ASSERT(IsLive(row));
  while (first_child_[row] != kNoRow) {  // a replica may hear of the parent's end first
    const Row child = first_child_[row];
    Unlink(child);
    absent_parent_[child] = id_[row];
    waiting_[id_[row]].push_back(child);
  }
  SetParent(row, std::nullopt);
  ReleaseHash(row);
  by_id_.Erase(HashOfId(id_[row]), row);
  for (DictionaryColumn* column : {&topic_, &project_, &user_, &sender_, &sender_type_}) {
    column->Release(row);
  }
  for (TextRef* ref : {&description_[row], &summary_[row], &payload_[row]}) {
    text_.Release(*ref);
    *ref = {};
  }
  --status_counts_[status_[row]];
  status_[row] = kDead;
  --size_;
  dead_rows_.push_back(row);
  if (dead_rows_.size() > kMinDeadRows && dead_rows_.size() > size_) CompactOrder();
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

EventView EventTable::View(Row row) const {
  EventView view;
  view.id = id_[row];
  const auto hash = hash_.find(row);
  if (hash != hash_.end()) view.hash = hash->second;
  view.topic = topic_.Get(row).value_or("");
  view.sender = sender_.Get(row);
  view.sender_type = sender_type_.Get(row);
  view.project = project_.Get(row);
  view.user = user_.Get(row);
  view.depends_on = ParentId(row);
  view.status = status(row);
  view.retries = retries_[row];
  view.description = text_.Get(description_[row]);
  view.summary = ObjectText(text_.Get(summary_[row]));
  if (payload_here_[row] != 0) view.payload = ObjectText(text_.Get(payload_[row]));
  view.created_at = created_at_[row];
  view.updated_at = updated_at_[row];
  view.creation_order = creation_order_[row];
  return view;
}

size_t EventTable::OrderUpperBound(double value) const {
  const auto it = std::ranges::upper_bound(
      order_, value, {}, [this](Row row) { return static_cast<double>(creation_order_[row]); });
  return static_cast<size_t>(it - order_.begin());
}

size_t EventTable::OrderLowerBound(double value) const {
  const auto it = std::ranges::lower_bound(
      order_, value, {}, [this](Row row) { return static_cast<double>(creation_order_[row]); });
  return static_cast<size_t>(it - order_.begin());
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
  const auto row = static_cast<Row>(id_.size());
  id_.emplace_back();
  status_.push_back(kDead);
  payload_here_.push_back(0);
  retries_.push_back(0);
  created_at_.emplace_back();
  updated_at_.emplace_back();
  creation_order_.push_back(0);
  parent_.push_back(kNoRow);
  first_child_.push_back(kNoRow);
  next_sibling_.push_back(kNoRow);
  description_.emplace_back();
  summary_.emplace_back();
  payload_.emplace_back();
  for (DictionaryColumn* column : {&topic_, &project_, &user_, &sender_, &sender_type_}) {
    column->Append(std::nullopt);
  }
  return row;
}

uint64_t EventTable::HashOfId(const Uuid& id) {
  return Checksum({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

uint64_t EventTable::HashKey(Row row) const { return Checksum(hash_.at(row)); }

void EventTable::PlaceInOrder(Row row) {
  const int64_t key = creation_order_[row];
  if (order_.empty() || creation_order_[order_.back()] <= key) {
    order_.push_back(row);
    return;
  }
  const auto at = std::ranges::upper_bound(order_, key, {},
                                           [this](Row other) { return creation_order_[other]; });
  order_.insert(at, row);
}

void EventTable::TakeFromOrder(Row row) {
  auto at = std::ranges::lower_bound(order_, creation_order_[row], {},
                                     [this](Row other) { return creation_order_[other]; });
  while (*at != row) ++at;
  order_.erase(at);
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

void EventTable::SetText(TextRef& ref, std::string_view text) {
  if (text_.Get(ref) == text) return;
  text_.Release(ref);
  ref = text_.Add(text);
}

void EventTable::SetPayload(Row row, const std::optional<std::string_view>& payload) {
  payload_here_[row] = payload ? 1 : 0;
  SetText(payload_[row], payload ? StoredObject(*payload) : std::string_view());
}

void EventTable::SetParent(Row row, const std::optional<Uuid>& parent) {
  if (ParentId(row) == parent) return;
  if (parent_[row] != kNoRow) Unlink(row);
  if (const auto absent = absent_parent_.find(row); absent != absent_parent_.end()) {
    auto& siblings = waiting_[absent->second];
    std::erase(siblings, row);
    if (siblings.empty()) waiting_.erase(absent->second);
    absent_parent_.erase(absent);
  }
  if (!parent) return;
  const Row parent_row = FindById(*parent);
  if (parent_row != kNoRow) {
    Link(row, parent_row);
  } else {
    absent_parent_[row] = *parent;
    waiting_[*parent].push_back(row);
  }
}

void EventTable::Unlink(Row row) {
  Row* link = &first_child_[parent_[row]];
  while (*link != row) link = &next_sibling_[*link];
  *link = next_sibling_[row];
  next_sibling_[row] = kNoRow;
  parent_[row] = kNoRow;
}

void EventTable::Link(Row row, Row parent) {
  parent_[row] = parent;
  next_sibling_[row] = first_child_[parent];
  first_child_[parent] = row;
}

void EventTable::AdoptWaiting(Row row) {
  const auto waiting = waiting_.find(id_[row]);
  if (waiting == waiting_.end()) return;
  for (const Row child : waiting->second) {
    absent_parent_.erase(child);
    Link(child, row);
  }
  waiting_.erase(waiting);
}

std::optional<Uuid> EventTable::ParentId(Row row) const {
  if (parent_[row] != kNoRow) return id_[parent_[row]];
  const auto absent = absent_parent_.find(row);
  if (absent != absent_parent_.end()) return absent->second;
  return std::nullopt;
}

void EventTable::CompactText() {
  TextArena fresh;
  for (const Row row : order_) {
    if (!IsLive(row)) continue;
    for (TextRef* ref : {&description_[row], &summary_[row], &payload_[row]}) {
      *ref = fresh.Add(text_.Get(*ref));
    }
  }
  text_ = std::move(fresh);
}

void EventTable::CompactOrder() {
  std::erase_if(order_, [this](Row row) { return !IsLive(row); });
  free_rows_.insert(free_rows_.end(), dead_rows_.begin(), dead_rows_.end());
  dead_rows_.clear();
}

}  // namespace cuesheet
