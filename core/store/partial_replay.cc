#include "store/partial_replay.h"

namespace cuesheet {

const Uuid& PartialReplay::FirstId(const Uuid& id) const {
  const auto first = first_ids_.find(id);
  return first == first_ids_.end() ? id : first->second;
}

// What became of a parent that was noted at a sequence.
Uuid PartialReplay::IdAfter(uint64_t sequence, Uuid id) const {
  for (const Rename& rename : renames_) {
    if (rename.sequence > sequence && rename.from == id) id = rename.to;
  }
  return id;
}

void PartialReplay::Apply(const Change& change) {
  const Uuid id = change.event.id;
  const bool is_replaced = change.kind == ChangeKind::kReplaced;
  if (is_replaced) renames_.push_back({change.sequence, change.previous_id, id});
  Row row = table_->FindById(id);
  if (row == kNoRow && is_replaced) row = table_->FindById(change.previous_id);
  if (row != kNoRow) {
    if (is_replaced) gone_.insert(change.previous_id);
    Write(row, change);
    return;
  }
  switch (change.kind) {
    case ChangeKind::kInserted:
      table_->Insert(View(change.event));
      touch_(change.event.creation_order);
      return;
    case ChangeKind::kRemoved:
      gone_.insert(id);
      gone_.insert(FirstId(id));
      waiting_.erase(FirstId(id));
      return;
    default:
      const Uuid first = FirstId(is_replaced ? change.previous_id : id);
      if (is_replaced) {
        first_ids_[id] = first;
        for (const Row child : table_->RenameAbsent(change.previous_id, id)) {
          touch_(table_->creation_order(child));
        }
      }
      has_moved_ = has_moved_ || change.fields.Has(Field::kCreationOrder);
      waiting_[first].push_back(change);
  }
}

void PartialReplay::Write(Row row, const Change& change) {
  touch_(table_->creation_order(row));
  if (change.kind == ChangeKind::kRemoved) {
    gone_.insert(change.event.id);
    table_->Remove(row);
    return;
  }
  if (change.kind == ChangeKind::kReplaced && table_->id(row) != change.event.id) {
    TouchChildren(row);
    table_->Rename(row, change.event.id);
  }
  table_->Set(row, View(change.event), change.fields);
  touch_(table_->creation_order(row));
}

void PartialReplay::Load(const BlockEvent& loaded) {
  const Uuid id = loaded.event.id;
  if (gone_.contains(id) || table_->FindById(id) != kNoRow) {
    touch_(loaded.event.creation_order);  // its block must not restore it
    return;
  }
  // Its block may have it under its last id, and its children under its first one. They find it
  // before it gets the last id.
  EventView event = loaded.event;
  event.id = FirstId(id);
  if (event.depends_on) event.depends_on = IdAfter(0, *event.depends_on);
  if (event.depends_on != loaded.event.depends_on) touch_(event.creation_order);
  const Row row = table_->Insert(event);
  if (event.id != id) table_->Rename(row, id);
  if (loaded.has_payload && table_->payloads().IsDefined(loaded.payload)) {
    table_->AdoptPayload(row, loaded.payload);
  }
  const auto waiting = waiting_.find(FirstId(id));
  if (waiting == waiting_.end()) return;
  for (Change& change : waiting->second) {
    auto& parent = change.event.depends_on;
    if (parent) parent = IdAfter(change.sequence, *parent);
    Write(row, change);
  }
  waiting_.erase(waiting);
}

// They show the id of their parent.
void PartialReplay::TouchChildren(Row row) {
  table_->VisitChildren(row, [this](Row child) {
    touch_(table_->creation_order(child));
    return true;
  });
}

size_t PartialReplay::Finish() {
  const size_t count = waiting_.size();
  waiting_.clear();
  first_ids_.clear();
  renames_.clear();
  gone_.clear();
  has_moved_ = false;
  return count;
}

}  // namespace cuesheet
