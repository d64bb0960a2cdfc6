#include "store/store_state.h"

#include <algorithm>

#include "store/store_view.h"

namespace cuesheet {

StoreState::StoreState(Env* files, const StoreOptions& options)
    : StoreState(files, MemoryBudget(options.memory),
                 FitTo(MemoryBudget(options.memory), options)) {}

StoreState::StoreState(Env* files, const MemoryBudget& budget, const StoreOptions& options)
    : env(files),
      role(options.role),
      memory(budget),
      max_pending_bytes(options.max_pending_bytes),
      journal(files, options.segment_bytes, options.max_pending_bytes),
      archive(files, options, &table, &journal, &topics),
      partial(&table, [this](int64_t order) { archive.Touch(order); }) {
  if (memory.is_bounded()) table.BoundDeadText(memory.reserve() / 16);
}

Result<void> StoreState::Apply(const Change& change) {
  const EventView event = View(change.event);
  const bool replaced = change.kind == ChangeKind::kReplaced;
  const bool has_new_id = replaced || change.kind == ChangeKind::kInserted;
  const Row row = table.FindById(replaced ? change.previous_id : event.id);
  if ((row == kNoRow) != (change.kind == ChangeKind::kInserted) ||
      (has_new_id && table.FindById(event.id) != kNoRow)) {
    return Fail(ErrorCode::kCorrupt, "the change of " + event.id.Hex() + " does not fit");
  }
  NoteOrder(change);
  switch (change.kind) {
    case ChangeKind::kInserted:
      table.Insert(event);
      topics.Note(event.topic, event.summary);
      break;
    case ChangeKind::kRemoved:
      table.Remove(row);
      break;
    case ChangeKind::kReplaced:
      table.VisitChildren(row, [this](Row child) {  // children show the id of their parent
        archive.Touch(table.creation_order(child));
        return true;
      });
      table.Rename(row, event.id);
      table.Set(row, event, change.fields);
      break;
    default:
      table.Set(row, event, change.fields);
  }
  return {};
}

void StoreState::NoteOrder(const Change& change) {
  if (change.fields.Has(Field::kCreationOrder) &&
      change.event.creation_order < kFirstProvisionalOrder) {
    next_order = std::max(next_order, change.event.creation_order + 1);
  }
}

}  // namespace cuesheet
