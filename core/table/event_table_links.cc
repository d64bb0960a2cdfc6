// EventTable: what happens less often than a new event or a read. In a page's module this file is
// built for size (core/CMakeLists.txt).
#include <algorithm>

#include "base/result.h"
#include "base/sort.h"
#include "table/event_table.h"

namespace cuesheet {

void EventTable::Rename(Row row, const Uuid& id) {
  CUE_ASSERT(FindById(id) == kNoRow);
  // Children change too: they show this id as that of their parent.
  std::vector<Row> shown = {row};
  VisitChildren(row, [&](Row child) {
    if (child != row) shown.push_back(child);
    return true;
  });
  for (const Row changed : shown) TellLeaves(changed);
  by_id_.Erase(HashOfId(id_[row]), row);
  // A hash that is the event's id is not stored. The event keeps its hash under the new id, so the
  // hash has to be stored now.
  const auto hash = hash_.find(row);
  const std::string text = hash == hash_.end() ? id_[row].Hex() : hash->second;
  id_[row] = id;
  by_id_.Insert(HashOfId(id), row, [this](Row r) { return HashOfId(id_[r]); });
  if (hash == hash_.end()) SetHash(row, text);
  for (const Row changed : shown) TellEnters(changed);
  AdoptWaiting(row);
}

std::vector<Row> EventTable::RenameAbsent(const Uuid& from, const Uuid& to) {
  const auto waiting = waiting_.find(from);
  if (waiting == waiting_.end()) return {};
  const std::vector<Row> children = std::move(waiting->second);
  waiting_.erase(waiting);
  for (const Row child : children) {
    TellLeaves(child);
    absent_parent_.erase(child);
    SetParent(child, to);
    TellEnters(child);
  }
  return children;
}

void EventTable::Remove(Row row) {
  CUE_ASSERT(IsLive(row));
  // A replica may learn of the parent's removal before that of its children. They keep its id and
  // find it again, should it come back.
  while (newest_child_[row] != kNoRow) {
    const Row child = next_sibling_[newest_child_[row]];
    Unlink(child);
    absent_parent_[child] = id_[row];
    waiting_[id_[row]].push_back(child);
  }
  // Observers see the row with its parent. This tells them of the parent too, which may be the row.
  const bool is_own_parent = Parent(row) == row;
  if (is_own_parent) SetParent(row, std::nullopt);
  TellLeaves(row);
  if (!is_own_parent) SetParent(row, std::nullopt);
  Uncount(row);
  ReleaseHash(row);
  SetRetries(row, 0);
  SetDescription(row, {});
  SetSummary(row, {});
  SetPayload(row, std::nullopt);
  by_id_.Erase(HashOfId(id_[row]), row);
  TakeFromOrder(row);
  flags_[row] = kDead;
  --size_;
  free_rows_.push_back(row);
  CompactText();
}

void EventTable::TakeFromOrder(Row row) {
  order_.Erase(
      row, [this](Row r) { return creation_order_[r]; },
      [this](BlockSummary& block, Row r) {
        --block.statuses[static_cast<size_t>(status(r))];
        if (HasChildren(r)) --block.parents;
      });
}

RowOrder::Walk EventTable::Blocks(const OrderRange& range) const {
  return {order_, range, [this](Row r) { return creation_order_[r]; }};
}

BlockSummary& EventTable::BlockOf(Row row) {
  return order_.SummaryOf(row, [this](Row r) { return creation_order_[r]; });
}

size_t EventTable::BytesOfNewRow() const {
  if (!free_rows_.empty()) return 0;
  const size_t pages = id_.RowsOfGrowth() * (kRowBytes + 2 * sizeof(uint64_t));
  // The indexes double, and have the old list and the new one for a moment.
  return pages + by_id_.BytesOfGrowth() + by_hash_.BytesOfGrowth() + by_value_.BytesOfGrowth();
}

void EventTable::MakeRoomForRow() {
  id_.MakeRoom();
  flags_.MakeRoom();
  created_at_.MakeRoom();
  updated_at_.MakeRoom();
  creation_order_.MakeRoom();
  parent_.MakeRoom();
  newest_child_.MakeRoom();
  next_sibling_.MakeRoom();
  description_.MakeRoom();
  signature_.MakeRoom();
  summary_.MakeRoom();
  for (DictionaryColumn* column : {&topic_, &project_, &user_, &sender_, &sender_type_}) {
    column->MakeRoom();
  }
}

bool EventTable::MovePayload(Row row) {
  const auto text = payload(row);
  if (!text || !*text) return false;
  const std::string copy(**text);
  payloads_.Release(payload_[row]);
  payload_[row] = payloads_.Add(copy);
  return true;
}

void EventTable::SortByOrder(std::vector<Row>& rows) const {
  std::vector<Keyed> keyed(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) keyed[i] = {creation_order_[rows[i]], rows[i]};
  Sort(keyed);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = keyed[i].number;
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
  const Row parent = parent_[row];
  TellLeaves(parent);
  Row& newest = newest_child_[parent];
  Row before = newest;
  while (next_sibling_[before] != row) before = next_sibling_[before];
  next_sibling_[before] = next_sibling_[row];
  if (newest == row) newest = before == row ? kNoRow : before;
  if (newest == kNoRow) --BlockOf(parent).parents;
  next_sibling_[row] = kNoRow;
  parent_[row] = kNoRow;
  TellEnters(parent);
}

void EventTable::Link(Row row, Row parent) {
  TellLeaves(parent);
  parent_[row] = parent;
  Row& newest = newest_child_[parent];
  if (newest == kNoRow) {
    ++BlockOf(parent).parents;
    next_sibling_[row] = row;
  } else {
    next_sibling_[row] = next_sibling_[newest];
    next_sibling_[newest] = row;
  }
  newest = row;
  TellEnters(parent);
}

void EventTable::AdoptWaiting(Row row) {
  if (waiting_.empty()) return;
  const auto waiting = waiting_.find(id_[row]);
  if (waiting == waiting_.end()) return;
  for (const Row child : waiting->second) {
    absent_parent_.erase(child);
    Link(child, row);
  }
  waiting_.erase(waiting);
}

// Views of text that is dead end here.
void EventTable::CompactText() {
  text_.FreeDead();
  if (text_.IsMoveDue()) {
    text_.BeginMove();
    for (Row row = 0; row < id_.size(); ++row) {
      for (TextRef* ref : {&description_[row], &summary_[row]}) *ref = text_.Moved(*ref);
    }
    text_.EndMove();
  }
  if (payloads_.IsHalfDead()) {
    payloads_.StartRenewal();
    for (Row row = 0; row < payload_.size(); ++row) payload_[row] = payloads_.Renew(payload_[row]);
    payloads_.EndRenewal();
  }
}

}  // namespace cuesheet
