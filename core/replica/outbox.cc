// Outbox: takes writes in, and lays the upstream's state under them.
#include "replica/outbox.h"

#include <algorithm>

#include "base/json.h"
#include "event/codec.h"
#include "event/redact.h"
#include "event/request.h"
#include "replica/outbox_values.h"
#include "replica/upstream_event.h"

namespace cuesheet {
namespace {

// Notes go to disk, so they must not have a credential.
constexpr std::string_view kHasSecret =
    "the event holds a credential, which is not kept here: it cannot wait for the server";
constexpr std::string_view kNotInScope =
    "dispatch: the scope keeps no such event, so it cannot wait for the server here";
constexpr std::string_view kNeedsServer =
    "dispatch: events that are not stored, reuse and server.* cannot wait for the server, they "
    "need a "
    "connection";

bool CanWait(const DispatchRequest& request) {
  return request.store && !request.reuse && !request.topic.starts_with("server.");
}

// Whether the event that the write removes no longer exists upstream: another one has its hash.
bool WasReplacedBy(const Event& event, const LocalWrite& write) {
  if (write.kind != LocalWrite::Kind::kRemove || write.id == event.id) return false;
  const std::string_view hash = TextMember(write.before, "hash");
  return !hash.empty() && hash == event.HashText();
}

std::string HashOf(const LocalWrite& write) {
  const Json* hash = FindMember(write.body, "hash");
  return hash != nullptr && hash->is_string() ? hash->get<std::string>() : write.id.Hex();
}

}  // namespace

Result<Outbox::Queued> Outbox::Dispatch(Json body, const Actor& actor, Timestamp now,
                                        const Entropy& entropy) {
  CUE_TRY(EnsureOpen());
  const auto request = ParseDispatchRequest(body);
  if (!request) return Fail(ErrorCode::kInvalid, ValidationSentence(request.error()));
  if (!CanWait(*request)) return Fail(ErrorCode::kState, std::string(kNeedsServer));
  const auto& scope = store_->view().scope();
  if (scope && !scope->Covers(request->topic, request->project)) {
    return Fail(ErrorCode::kState, std::string(kNotInScope));
  }
  if (RedactedSummary(request->topic, request->summary)) {
    return Fail(ErrorCode::kState, std::string(kHasSecret));
  }
  CUE_TRY(CheckRoom(body));
  CUE_ASSIGN(const Uuid id, store_->ledger().Dispatch(*request, actor, now, entropy));
  body["id"] = id.Hex();
  if (!request->hash) body["hash"] = id.Hex();  // makes sending it again harmless
  return Add({.id = id, .body = std::move(body), .made_at = now});
}

Result<Outbox::Queued> Outbox::Update(const Uuid& id, Json body, Timestamp now) {
  CUE_TRY(EnsureOpen());
  CUE_ASSIGN(const EventView event, store_->view().Find(id, false));
  CUE_TRY(CheckRoom(body));
  const Json* summary = FindMember(body, "summary");
  if (summary != nullptr && RedactedSummary(event.topic, CanonicalText(*summary))) {
    return Fail(ErrorCode::kState, std::string(kHasSecret));
  }
  Json before = Json::object();
  if (body.is_object()) {
    for (const auto& [name, value] : body.items()) {
      const auto field = FieldOfUpdate(name);
      const auto old = field ? ValueOf(event, *field) : std::nullopt;
      if (old) before[name] = *old;
    }
  }
  CUE_TRY(ApplyUpdate(id, body));
  return Add({.kind = LocalWrite::Kind::kUpdate,
              .id = id,
              .body = std::move(body),
              .before = std::move(before),
              .made_at = now});
}

Result<Outbox::Queued> Outbox::Remove(const Uuid& id, Timestamp now) {
  CUE_TRY(EnsureOpen());
  CUE_ASSIGN(Json before, BeforeRemoval(id));
  CUE_TRY(CheckRoom(Json()));
  const bool is_shown = snapshot_shows_ && snapshot_shows_(id);
  CUE_TRY(store_->ledger().Remove(id));
  if (is_shown) shown_removed_.insert(id);
  return Add({.kind = LocalWrite::Kind::kRemove,
              .id = id,
              .body = {},
              .before = std::move(before),
              .made_at = now});
}

Result<void> Outbox::CheckRoom(const Json& body) const {
  const uint64_t bytes = file_.bytes() + CanonicalText(body).size();
  if (writes_.size() < kMaxLocalWrites && bytes <= kMaxOutboxBytes) return {};
  return Fail(ErrorCode::kStorage, "outbox: " + std::to_string(writes_.size()) +
                                       " local writes wait for the server and more are not taken: "
                                       "connect, or discard some");
}

Result<Outbox::Queued> Outbox::Add(LocalWrite write) {
  write.number = ++last_number_;
  const Queued queued{write.number, write.id};
  store_->ledger().Pin(write.id);
  if (write.kind == LocalWrite::Kind::kDispatch) assumed_.insert(write.id);
  writes_.push_back(std::move(write));
  NoteState(writes_.back());
  effects_->Outbox();
  return queued;
}

// Changes the state but not its time, which only the upstream can set (protocol.md 12.5).
Result<void> Outbox::ApplyUpdate(const Uuid& id, const Json& body) {
  const auto request = ParseUpdateRequest(body);
  if (!request) return Fail(ErrorCode::kInvalid, ValidationSentence(request.error()));
  CUE_ASSIGN(const EventView event, store_->view().Find(id, false));
  return store_->ledger().Update(id, *request, Actor{}, event.updated_at);
}

// Applies the write again, after it was undone or its events were lost.
Result<void> Outbox::Apply(const LocalWrite& write) {
  if (write.kind == LocalWrite::Kind::kUpdate) return ApplyUpdate(write.id, write.body);
  if (write.kind == LocalWrite::Kind::kRemove) {
    CUE_TRY(store_->ledger().Remove(write.id));
    return {};
  }
  if (store_->view().table().FindById(write.id) != kNoRow) return {};
  auto request = ParseDispatchRequest(write.body);
  if (!request) return Fail(ErrorCode::kInvalid, ValidationSentence(request.error()));
  if (request->hash == write.id.Hex()) request->hash.reset();
  request->id = write.id;
  CUE_TRY(store_->ledger().Dispatch(*request, Actor{}, write.made_at, Entropy{}));
  assumed_.insert(write.id);
  return {};
}

Result<void> Outbox::TakeBack(const LocalWrite& write) {
  if (write.kind == LocalWrite::Kind::kRemove) {
    if (write.before.is_null()) return {};
    Json event = write.before;
    event["id"] = write.id.Hex();  // that of today: the upstream may have given it another one
    return Restore(event);
  }
  // With a child here too, which then waits for its parent.
  if (write.kind == LocalWrite::Kind::kDispatch) return store_->ledger().RemoveUpstream(write.id);
  Json values = write.before;
  const Json theirs = values.contains("theirs") ? values["theirs"] : Json::object();
  values.erase("theirs");
  values.update(theirs);
  for (LocalWrite& later : writes_) {
    const bool counts = later.number > write.number && later.id == write.id &&
                        later.kind == LocalWrite::Kind::kUpdate &&
                        later.state == LocalWrite::State::kQueued;
    if (!counts) continue;
    for (const auto& [name, value] : later.body.items()) {
      if (!values.contains(name)) continue;
      later.before[name] = values[name];
      values.erase(name);
    }
    NoteState(later);
  }
  if (store_->view().table().FindById(write.id) != kNoRow) return ApplyUpdate(write.id, values);
  for (LocalWrite& later : writes_) {  // the event was removed here, and may have to come back
    const bool is_removal = later.id == write.id && later.kind == LocalWrite::Kind::kRemove;
    if (is_removal && !later.before.is_null()) {
      later.before.update(values);
      NoteState(later);
    }
  }
  return {};
}

// What brings the event back when its removal is refused.
Result<Json> Outbox::BeforeRemoval(const Uuid& id) const {
  auto found = store_->view().Find(id, true);
  // A payload that is damaged does not keep the event: a refused removal brings it back without.
  if (!found && found.error().code == ErrorCode::kCorrupt) found = store_->view().Find(id, false);
  CUE_ASSIGN(const EventView event, std::move(found));
  std::string line;
  AppendEvent(line, event, EventForm::kExport);
  Json before = ParseStoredJson(line);
  before["creationOrder"] = event.creation_order;
  return before;
}

// A feed brings the row of a dispatch whose id is still unknown, or the event was deleted: it is
// sent again until one of them is certain.
void Outbox::Follow(bool follows) {
  for (LocalWrite& write : writes_) {
    const bool is_unknown = write.state == LocalWrite::State::kDelivered && write.status != 0;
    if (!follows || !is_unknown) continue;
    Become(write, LocalWrite::State::kQueued);
    write.status = 0;
    NoteState(write);
  }
  follows_ = follows;
}

Result<void> Outbox::Restore(const Json& event) {
  CUE_ASSIGN(UpstreamEvent shown, ParseShown(event));
  const int64_t order = event.value("creationOrder", int64_t{0});
  if (order > 0 && order < kFirstProvisionalOrder) {
    shown.event.creation_order = order;
    shown.fields.Add(Field::kCreationOrder);
  }
  return store_->ledger().Merge(shown.event, shown.fields, std::nullopt);
}

// The event was removed here: the upstream's state counts if the removal is refused.
void Outbox::KeepForRestore(LocalWrite& removal, const Event& event, FieldSet fields) {
  std::string line;
  AppendEvent(line, View(event), EventForm::kExport);
  const Json row = ParseStoredJson(line);
  shown_removed_.insert(event.id);
  removal.before["id"] = event.id.Hex();  // versions up to 0.1.0 bring the event back under this id
  for (const auto& [name, value] : row.items()) {
    const auto field = FieldNamed(name);
    if (field && fields.Has(*field)) removal.before[name] = value;
  }
  if (fields.Has(Field::kCreationOrder)) removal.before["creationOrder"] = event.creation_order;
  NoteState(removal);
}

// The update replaces these values of the upstream, and leaves the other fields. It is merged with
// them when it is sent.
void Outbox::LayUnder(LocalWrite& update, const Event& event, FieldSet& fields) {
  bool is_changed = false;
  for (const auto& [name, value] : update.body.items()) {
    const auto field = FieldOfUpdate(name);
    if (!field || !fields.Has(*field)) continue;
    const auto theirs = ValueOf(View(event), *field);
    if (theirs) update.before["theirs"][name] = *theirs;
    if (theirs) is_changed = true;
    fields.Drop(*field);
  }
  if (is_changed) NoteState(update);
}

LocalWrite* Outbox::FindDispatch(const Event& event, FieldSet fields) {
  for (LocalWrite& write : writes_) {
    if (write.kind != LocalWrite::Kind::kDispatch || write.state == LocalWrite::State::kRefused) {
      continue;
    }
    if (write.id == event.id) return &write;
    if (fields.Has(Field::kHash) && HashOf(write) == event.HashText()) return &write;
  }
  return nullptr;
}

std::optional<Uuid> Outbox::UpstreamWithHashOf(const LocalWrite& dispatch) const {
  const EventTable& table = store_->view().table();
  const Row row = table.FindByHash(HashOf(dispatch));
  if (row == kNoRow) return std::nullopt;
  const Uuid id = table.id(row);
  const bool is_only_here = std::ranges::any_of(writes_, [&id](const LocalWrite& write) {
    const bool waits = write.kind == LocalWrite::Kind::kDispatch &&
                       write.state == LocalWrite::State::kQueued && write.id == id;
    return waits && TextMember(write.body, "id") == id.Hex();  // else the upstream gave its id
  });
  return is_only_here ? std::nullopt : std::optional(id);
}

Result<void> Outbox::Merge(const Event& event, FieldSet fields, std::optional<double> progress,
                           std::optional<Trust> trust) {
  CUE_TRY(EnsureOpen());
  if (trust == Trust::kUpstream) removed_.erase(event.id);  // in order: it was made again
  if (removed_.contains(event.id)) return {};
  if (writes_.empty() && assumed_.empty()) {
    return store_->ledger().Merge(event, fields, progress, trust.value_or(Trust::kNewest));
  }
  const bool is_row = fields.Has(Field::kHash);  // a message, which may be late, has no hash
  const LocalWrite* const dispatch = FindDispatch(event, fields);
  const uint64_t delivered = dispatch != nullptr && is_row ? dispatch->number : 0;
  if (dispatch != nullptr && dispatch->id != event.id) CUE_TRY(Rename(dispatch->id, event.id));
  bool is_removed = false;
  for (LocalWrite& write : writes_) {
    if (is_row && WasReplacedBy(event, write)) ForgetForRestore(write);
    if (write.id != event.id || write.state != LocalWrite::State::kQueued) continue;
    if (write.kind == LocalWrite::Kind::kRemove) {
      is_removed = true;
      if (is_row) KeepForRestore(write, event, fields);
    }
    if (write.kind == LocalWrite::Kind::kUpdate) LayUnder(write, event, fields);
  }
  if (!is_removed) {
    if (!trust && is_row && assumed_.contains(event.id)) trust = Trust::kUpstream;
    if (trust == Trust::kUpstream) assumed_.erase(event.id);
    CUE_TRY(store_->ledger().Merge(event, fields, progress, trust.value_or(Trust::kNewest)));
  }
  if (delivered != 0) {
    const LocalWrite* const write = Find(delivered);
    const bool is_first = write->state == LocalWrite::State::kQueued;  // before the answer
    if (is_first) Tell(*write, WriteOutcome::kConfirmed);
    Drop(delivered);
    if (is_first) OnePassed();
  }
  return {};
}

Result<void> Outbox::RemovedUpstream(const Uuid& id) {
  CUE_TRY(EnsureOpen());
  CUE_TRY(store_->ledger().RemoveUpstream(id));
  for (LocalWrite& write : writes_) {
    if (write.id == id) ForgetForRestore(write);
  }
  DropDelivered(id);
  return {};
}

void Outbox::SnapshotBegins(const std::function<bool(const Uuid&)>& shows) {
  shown_removed_.clear();
  snapshot_shows_ = shows;
}

void Outbox::SnapshotEnds() {
  for (LocalWrite& write : writes_) {
    if (!shown_removed_.contains(write.id)) ForgetForRestore(write);
  }
  shown_removed_.clear();
  snapshot_shows_ = nullptr;
}

void Outbox::ForgetForRestore(LocalWrite& write) {
  const bool is_queued = write.state == LocalWrite::State::kQueued;
  if (write.kind != LocalWrite::Kind::kRemove || !is_queued || write.before.is_null()) return;
  write.before = nullptr;
  NoteState(write);
}

// The upstream gave the event another id than it has here.
Result<void> Outbox::Rename(Uuid from, Uuid to) {
  const EventTable& table = store_->view().table();
  const Row row = table.FindById(from);
  const Row known = table.FindById(to);
  const bool came_first = known != kNoRow;  // a message brought it, as another event
  const Event upstream = came_first ? Own(table.ViewWithoutPayload(known)) : Event();
  FieldSet fields = FieldSet::All();  // that no update sets
  if (row != kNoRow && came_first) {
    CUE_TRY(store_->ledger().RemoveUpstream(from));
  } else if (row != kNoRow) {
    Event renamed = Own(table.ViewWithoutPayload(row));
    renamed.hash = renamed.HashText();
    renamed.id = to;
    CUE_TRY(store_->ledger().Merge(renamed, FieldSet().Add(Field::kHash), std::nullopt));
  }
  store_->ledger().Unpin(from);
  store_->ledger().Pin(to);
  if (assumed_.erase(from) > 0) assumed_.insert(to);
  for (LocalWrite& write : writes_) {
    if (write.id != from) continue;
    write.id = to;
    const bool is_removal = write.kind == LocalWrite::Kind::kRemove;
    if (is_removal && !write.before.is_null()) write.before["id"] = to.Hex();
    const bool is_queued = write.state == LocalWrite::State::kQueued;
    const bool is_laid = came_first && is_queued && table.FindById(to) != kNoRow;
    if (is_laid && is_removal) {
      CUE_ASSIGN(write.before, BeforeRemoval(to));
      CUE_TRY(store_->ledger().RemoveUpstream(to));
    }
    NoteState(write);
    if (is_laid && write.kind == LocalWrite::Kind::kUpdate) {
      LayUnder(write, upstream, fields);
      CUE_TRY(Apply(write));
    }
  }
  effects_->Renamed(from.Hex(), to.Hex());
  return {};
}

bool Outbox::HasDispatch(const Uuid& id) const {
  return std::ranges::any_of(writes_, [&id](const LocalWrite& write) {
    return write.id == id && write.kind == LocalWrite::Kind::kDispatch &&
           write.state != LocalWrite::State::kRefused;
  });
}

Outbox::Counts Outbox::counts() const {
  Counts counts;
  for (const LocalWrite& write : writes_) {
    const bool is_queued = write.state == LocalWrite::State::kQueued;
    (write.is_blocked ? counts.blocked : counts.queued) += is_queued ? 1 : 0;
    counts.refused += write.state == LocalWrite::State::kRefused ? 1 : 0;
    counts.held += write.is_held ? 1 : 0;
  }
  return counts;
}

}  // namespace cuesheet
