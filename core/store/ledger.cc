#include "store/ledger.h"

#include <algorithm>
#include <utility>

#include "event/redact.h"
#include "store/store_state.h"

namespace cuesheet {
namespace {

constexpr FieldSet kReuseFields = FieldSet::All()
                                      .Drop(Field::kHash)
                                      .Drop(Field::kRetries)
                                      .Drop(Field::kCreatedAt)
                                      .Drop(Field::kCreationOrder);

std::unexpected<Error> StillReferenced(const Uuid& id) {
  return Fail(ErrorCode::kConflict,
              "id '" + id.Hyphenated() + "' is still referenced from table \"events\".");
}

// An empty sender in the body counts as absent (protocol.md 3.1).
std::optional<std::string> SenderOf(const DispatchRequest& request, const Actor& actor) {
  if (request.sender && !request.sender->empty()) return request.sender;
  return actor.sender;
}

// Writes a given value into the event and notes the field.
template <typename T, typename Slot>
void Take(const std::optional<T>& value, Slot& slot, Field field, FieldSet& fields) {
  if (!value) return;
  slot = *value;
  fields.Add(field);
}

void Redact(Event& event, std::string_view topic) {
  if (auto clean = RedactedSummary(topic, event.summary)) event.summary = *std::move(clean);
}

// The fields among `fields` in which the two events differ.
FieldSet Differing(const EventView& stored, const EventView& event, FieldSet fields) {
  FieldSet out;
  const auto compare = [&](auto field, const auto& before, const auto& now) {
    constexpr Field kField = decltype(field)::kInfo.field;
    if (!fields.Has(kField)) return;
    const bool is_same =
        kField == Field::kHash ? stored.HashText() == event.HashText() : before == now;
    if (!is_same) out.Add(kField);
  };
  VisitFields(compare, stored, event);
  return out;
}

}  // namespace

Ledger::Ledger(StoreState* state) : state_(*state), table_(state->table), frontiers_(state->table) {
  state->table.AddObserver(&frontiers_);
}

Result<Uuid> Ledger::Dispatch(const DispatchRequest& request, const Actor& actor, Timestamp now,
                              const Entropy& entropy) {
  CUE_TRY(CheckTopic(request));
  return Store(request, actor, now, entropy);
}

Result<void> Ledger::CheckTopic(const DispatchRequest& request) {
  advice_ = state_.topics.Check(request.topic, request.summary, request.description);
  const bool deviates = !advice_.empty() && advice_.front().key.starts_with("summary.");
  if (!deviates || state_.topics.ModeOf(request.topic) != TopicMode::kEnforce) return {};
  return Fail(ErrorCode::kInvalid, advice_.front().key + ": " + advice_.front().message);
}

Result<Uuid> Ledger::Store(const DispatchRequest& request, const Actor& actor, Timestamp now,
                           const Entropy& entropy) {
  Event event;
  event.id = request.id ? *request.id : Uuid::FromClock(now.us, entropy);
  event.hash = request.hash;
  event.topic = request.topic;
  event.sender = SenderOf(request, actor);
  event.sender_type = actor.sender_type.value_or("api");
  event.project = request.project;
  event.user = actor.user;
  event.status = request.finished ? EventStatus::kFinished : EventStatus::kPending;
  event.description = request.description;
  event.summary = request.summary;
  event.payload = request.payload;
  event.created_at = event.updated_at = now;
  const Row taken = request.hash ? table_.FindByHash(*request.hash) : kNoRow;
  if (request.depends_on) {  // an unknown parent is stored as null (protocol.md 17.5)
    const auto parent = Uuid::ParseLenient(*request.depends_on);
    const Row row = parent ? table_.FindById(*parent) : kNoRow;
    if (row != kNoRow && (!request.reuse || row != taken)) event.depends_on = parent;
  }
  const Uuid id = event.id;
  if (!request.store) {
    Redact(event, event.topic);
    Record({.kind = ChangeKind::kTransient,
            .fields = FieldSet::All(),
            .event = std::move(event),
            .is_dispatch = true});
    return id;
  }
  CUE_TRY(CheckWritable());
  if (table_.FindById(id) != kNoRow) {
    return Fail(ErrorCode::kState, "the host drew the same id twice: its entropy is not random");
  }
  if (taken == kNoRow) CUE_TRY(TakeRoom(View(event)));
  // A refused insert still consumes a number (1.7).
  const bool is_mine = state_.role == StoreRole::kAuthority;
  const int64_t order = is_mine ? state_.next_order++ : NextProvisionalOrder();
  if (taken != kNoRow) {
    if (!request.reuse) {
      return Fail(ErrorCode::kConflict, "Event with the same hash already exists");
    }
    CUE_TRY(Replace(taken, std::move(event)));
    return id;
  }
  event.creation_order = order;
  Insert(std::move(event), true);
  return id;
}

Result<void> Ledger::Update(const Uuid& id, const UpdateRequest& request, const Actor& actor,
                            Timestamp now) {
  CUE_TRY(CheckWritable());
  const Row row = table_.FindById(id);
  if (row == kNoRow) return Fail(ErrorCode::kNotFound, "Event not found");
  Change change{.kind = ChangeKind::kUpdated, .event = Own(table_.ViewWithoutPayload(row))};
  Event& event = change.event;
  FieldSet fields;
  Take(request.sender ? request.sender : actor.sender, event.sender, Field::kSender, fields);
  Take(actor.sender_type, event.sender_type, Field::kSenderType, fields);
  Take(request.project, event.project, Field::kProject, fields);
  // An event without a user gets the name of whoever changes it first (protocol.md 4.2).
  Take(request.user || event.user ? request.user : actor.user, event.user, Field::kUser, fields);
  Take(request.status, event.status, Field::kStatus, fields);
  Take(request.description, event.description, Field::kDescription, fields);
  Take(request.summary, event.summary, Field::kSummary, fields);
  Take(request.payload, event.payload, Field::kPayload, fields);
  Take(request.retries, event.retries, Field::kRetries, fields);
  event.updated_at = now;
  fields.Add(Field::kUpdatedAt);
  CUE_TRY(TakeGrowth(row, View(event), fields));
  change.fields = fields;
  change.progress = request.progress;
  Record(std::move(change), true);
  return {};
}

Result<bool> Ledger::Remove(const Uuid& id) {
  CUE_TRY(CheckWritable());
  const Row row = table_.FindById(id);
  if (row == kNoRow) return false;
  if (table_.HasChildren(row)) return StillReferenced(id);
  RemoveRow(row);
  return true;
}

Result<void> Ledger::RemoveUpstream(const Uuid& id) {
  CUE_TRY(CheckWritable());
  const Row row = table_.FindById(id);
  if (row != kNoRow) RemoveRow(row);
  return {};
}

Result<void> Ledger::RemoveAll(const std::vector<Row>& rows) {
  CUE_TRY(CheckWritable());
  if (const size_t most = state_.memory.Removals(rows.size()); most < rows.size()) {
    return Fail(ErrorCode::kQuota, "memory is nearly full, so " + std::to_string(rows.size()) +
                                       " events cannot be removed at once: remove at most " +
                                       std::to_string(most) + " of them, several times");
  }
  std::vector<bool> doomed(table_.row_limit());
  for (const Row row : rows) doomed[row] = true;
  for (const Row row : rows) {
    bool stays = false;
    table_.VisitChildren(row, [&](Row child) {
      stays = !doomed[child];
      return !stays;
    });
    if (stays) return StillReferenced(table_.id(row));
  }
  RemoveLeavesFirst(rows);
  // Only parents in a circle remain, which only a broken upstream makes.
  for (const Row row : rows) {
    if (table_.IsLive(row)) RemoveRow(row);
  }
  return {};
}

Result<size_t> Ledger::Retain(std::span<const RetentionRule> rules, Timestamp now) {
  CUE_TRY(CheckWritable());
  const std::vector<bool> retires = RowsToRetire(table_, rules, now);
  return RemoveOldest(state_.memory.Removals(kMaxRetired),
                      [&retires](Row row) { return retires[row]; });
}

void Ledger::RemoveRow(Row row) {
  Record({.kind = ChangeKind::kRemoved, .event = {.id = table_.id(row)}});
}

// Removes the rows in order, a parent once it has no child any more, so that Remove() would allow
// each step by itself. Parents of other rows stay.
void Ledger::RemoveLeavesFirst(const std::vector<Row>& rows) {
  std::vector<bool> doomed(table_.row_limit());
  for (const Row row : rows) doomed[row] = true;
  for (Row row : rows) {
    while (row != kNoRow && doomed[row] && !table_.HasChildren(row)) {
      const Row parent = table_.Parent(row);
      doomed[row] = false;
      RemoveRow(row);
      row = parent;
    }
  }
}

Result<void> Ledger::Merge(const Event& event, FieldSet fields, std::optional<double> progress,
                           Trust trust) {
  CUE_TRY(CheckWritable());
  if (auto clean = RedactedSummary(event.topic, event.summary)) {
    Event redacted = event;
    redacted.summary = *std::move(clean);
    return Merge(redacted, fields, progress, trust);
  }
  const Row row = table_.FindById(event.id);
  return row == kNoRow ? MergeNew(event, fields, progress, trust)
                       : MergeInto(row, event, fields, progress, trust);
}

Result<void> Ledger::MergeNew(const Event& event, FieldSet fields, std::optional<double> progress,
                              Trust trust) {
  Event fresh = event;
  if (!fields.Has(Field::kCreationOrder)) fresh.creation_order = NextProvisionalOrder();
  const Row taken = fields.Has(Field::kHash) ? table_.FindByHash(event.HashText()) : kNoRow;
  if (state_.scope && !state_.scope->Covers(event.topic, event.project)) {
    if (taken != kNoRow) RemoveRow(taken);
    return {};
  }
  if (taken != kNoRow) {
    CUE_TRY(TakeGrowth(taken, View(fresh), fields));
    Record({.kind = ChangeKind::kReplaced,
            .previous_id = table_.id(taken),
            .fields = fields,
            .event = std::move(fresh)});
  } else {
    CUE_TRY(TakeRoom(View(fresh)));
    // A relay that did not get an event live sends it only when it is newer than everything here;
    // older events are history.
    const bool is_news = trust == Trust::kFeed || table_.MaxCreationOrder() < fresh.creation_order;
    Insert(std::move(fresh), state_.role == StoreRole::kRelay && is_news);
  }
  NoteProgress(event, progress);
  return {};
}

Result<void> Ledger::MergeInto(Row row, const Event& event, FieldSet fields,
                               std::optional<double> progress, Trust trust) {
  EventView stored = table_.ViewWithoutPayload(row);
  // A payload that cannot be read counts as different: the upstream's replaces it.
  if (fields.Has(Field::kPayload)) stored.payload = table_.payload(row).value_or(std::nullopt);
  if (trust == Trust::kNewest && fields.Has(Field::kUpdatedAt) &&
      event.updated_at < stored.updated_at) {
    const FieldSet fixed =
        FieldSet().Add(Field::kHash).Add(Field::kCreatedAt).Add(Field::kCreationOrder);
    fields = FieldSet(fields.bits() & fixed.bits());
    if (state_.progress.Find(event.id) != nullptr) progress.reset();
  }
  fields = Differing(stored, View(event), fields);
  if (fields.empty() && !progress) return {};
  if (fields.empty()) {  // only progress
    Change change{.kind = ChangeKind::kTransient, .event = Own(stored), .progress = progress};
    NoteProgress(change.event, progress);
    Record(std::move(change));
    return {};
  }
  CUE_TRY(TakeGrowth(row, View(event), fields));
  // The row was stored without its hash, and turns out to have replaced another one.
  const Row replaced = fields.Has(Field::kHash) ? table_.FindByHash(event.HashText()) : kNoRow;
  if (replaced != kNoRow) RemoveRow(replaced);
  Record({.kind = ChangeKind::kUpdated, .fields = fields, .event = event, .progress = progress});
  return {};
}

Result<void> Ledger::CheckWritable() const {
  const Archive& archive = state_.archive;
  if (state_.is_open && archive.is_loaded() && archive.HasRoom() && state_.journal.HasRoom()) {
    return {};
  }
  if (!state_.is_open) return Fail(ErrorCode::kState, "the store is not open yet");
  CUE_TRY(StoreView(&state_).CheckLoaded());
  CUE_TRY(state_.archive.CheckRoom());
  return state_.journal.CheckRoom();
}

Result<void> Ledger::TakeRoom(const EventView& event) {
  const size_t payload = event.payload ? event.payload->size() : 0;
  const uint64_t texts =
      uint64_t{event.description.size()} + event.summary.size() + payload + event.HashText().size();
  const uint64_t bytes = kEventBytes + texts + table_.BytesOfNewRow();
  CUE_TRY(state_.memory.CheckNew(bytes));
  state_.memory.Take(bytes);
  return {};
}

Result<void> Ledger::TakeGrowth(Row row, const EventView& event, FieldSet fields) {
  uint64_t bytes = 0;
  const auto add = [&bytes](size_t now, size_t before) {
    bytes += now > before ? now - before : 0;
  };
  if (fields.Has(Field::kDescription)) {
    add(event.description.size(), table_.description(row).size());
  }
  if (fields.Has(Field::kSummary)) add(event.summary.size(), table_.summary(row).size());
  if (fields.Has(Field::kPayload) && event.payload) {
    add(event.payload->size(), table_.payload_ref(row).size());
  }
  CUE_TRY(state_.memory.CheckGrowth(bytes));
  state_.memory.Take(bytes);
  return {};
}

Result<void> Ledger::Replace(Row row, Event event) {
  if (table_.HasChildren(row)) {
    return Fail(ErrorCode::kConflict, "Event depends on non-existing event");
  }
  CUE_TRY(TakeGrowth(row, View(event), kReuseFields));
  const EventView old = table_.ViewWithoutPayload(row);
  event.hash = old.HashText();
  event.created_at = old.created_at;
  event.creation_order = old.creation_order;
  event.retries = old.retries;
  state_.progress.Forget(old.id);
  Record({.kind = ChangeKind::kReplaced,
          .previous_id = old.id,
          .fields = kReuseFields,
          .event = std::move(event),
          .is_dispatch = true});
  return {};
}

void Ledger::Insert(Event event, bool is_dispatch) {
  Record({.kind = ChangeKind::kInserted,
          .fields = FieldSet::All(),
          .event = std::move(event),
          .is_dispatch = is_dispatch});
}

// The one place where something becomes a change: it is written, numbered and recorded. A transient
// change writes nothing, and the events of an import are in the table already.
void Ledger::Record(Change change, bool is_whole) {
  switch (change.kind) {
    case ChangeKind::kTransient:
      break;
    case ChangeKind::kImported:
      state_.sequence += change.imported_events;
      break;
    default:
      change.sequence = ++state_.sequence;
      Write(change, is_whole);
  }
  change.sequence = state_.sequence;
  changes_.push_back(std::move(change));
}

// Applies the change, and appends it to the journal.
void Ledger::Write(Change& change, bool is_whole) {
  RedactChange(change);
  const Uuid& before_id =
      change.kind == ChangeKind::kReplaced ? change.previous_id : change.event.id;
  const Row before = table_.FindById(before_id);
  std::optional<int64_t> order;
  if (before != kNoRow) order = table_.creation_order(before);
  const auto applied = state_.Apply(change);
  CUE_ASSERT(applied.has_value());
  if (order) state_.archive.Touch(*order);
  if (change.kind != ChangeKind::kRemoved) {
    const int64_t after = table_.creation_order(table_.FindById(change.event.id));
    state_.archive.Touch(after);
    if (order && *order != after) state_.archive.Restart();
  }
  state_.journal.Append(change);
  if (change.kind == ChangeKind::kReplaced) state_.progress.Forget(change.previous_id);
  if (change.kind == ChangeKind::kRemoved) {
    state_.progress.Forget(change.event.id);
    return;
  }
  if (!is_whole) {
    change.event = Own(table_.ViewWithoutPayload(table_.FindById(change.event.id)));
  }
  NoteProgress(change.event, change.progress);
}

// Every change but those of Import(), which does the same, passes here on its way into the table.
void Ledger::RedactChange(Change& change) const {
  const Row row =
      table_.FindById(change.kind == ChangeKind::kReplaced ? change.previous_id : change.event.id);
  const bool stays = row != kNoRow && !change.fields.Has(Field::kTopic);
  const std::string_view topic =
      stays ? table_.topics().words().text(table_.topics().code(row)) : change.event.topic;
  if (row != kNoRow && change.fields.Has(Field::kTopic) && !change.fields.Has(Field::kSummary) &&
      RedactedSummary(topic, table_.summary(row))) {
    change.event.summary = table_.summary(row);  // the new topic may make its summary secret
    change.fields.Add(Field::kSummary);
  }
  Redact(change.event, topic);
}

void Ledger::NoteProgress(const Event& event, std::optional<double> progress) {
  if (IsFinal(event.status)) {
    state_.progress.Forget(event.id);
  } else if (progress) {
    state_.progress.Note(event.id, *progress, event.updated_at);
    state_.table.ShowChange(table_.FindById(event.id));
  }
}

Result<void> Ledger::Declare(const Json& declaration) { return state_.topics.Declare(declaration); }

int64_t Ledger::NextProvisionalOrder() const {
  return std::max(kFirstProvisionalOrder, table_.MaxCreationOrder() + 1);
}

}  // namespace cuesheet
