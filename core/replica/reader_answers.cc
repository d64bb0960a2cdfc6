// Reader: what the answers say.
#include <algorithm>
#include <utility>

#include "base/json.h"
#include "replica/reader.h"

namespace cuesheet {
namespace {

constexpr int64_t kSaveStep = 4'000;  // numbers of the history
constexpr int64_t kSaveAhead = 64;    // of what is new: read again after a crash, at no harm

Timestamp In(Timestamp now, int64_t delay_ms) { return {now.us + delay_ms * 1000}; }

const Json* EdgesOf(const Json& answer) {
  const Json* data = FindMember(answer, "data");
  const Json* events = data == nullptr ? nullptr : FindMember(*data, "events");
  const Json* edges = events == nullptr ? nullptr : FindMember(*events, "edges");
  return edges != nullptr && edges->is_array() ? edges : nullptr;
}

}  // namespace

Result<void> Reader::Heard(const UpstreamEvent& upstream, Timestamp now) {
  const Event& event = upstream.event;
  const bool was_here = store_->table().FindById(event.id) != kNoRow;
  if (follows_ && !was_here) return {};  // what is stored comes by the feed
  const bool has_payload = payloads_ == Payloads::kWithEvents;
  if (has_payload && !was_here) return HeardOfNew(event.id, now);
  CUE_TRY(outbox_->Merge(event, upstream.fields, upstream.progress));
  const Row row = store_->table().FindById(event.id);
  if (follows_ || row == kNoRow) return {};  // none: outside of the scope
  if (heard_.size() < kMaxHeard) heard_.insert(event.id);
  if (!heard_until_) heard_until_ = In(now, kMessageGraceMs);
  if (!was_here) WantOverlap(now);
  if (store_->table().creation_order(row) >= kFirstProvisionalOrder) WantWalk(position_.walked_to);
  // A change of an event that had gone by retention: the walk has passed its place already.
  const bool came_back = !was_here && event.created_at < event.updated_at;
  if (IsFinal(event.status) || came_back || has_payload) QueueReread(event.id);
  return {};
}

// No message has hash, payload and number, and whoever follows a relay is to hear of whole events:
// the row is read first, and once more when its transaction may not have ended.
Result<void> Reader::HeardOfNew(const Uuid& id, Timestamp now) {
  WantOverlap(now);
  WantWalk(position_.walked_to);
  if (later_.size() < kMaxHeard) later_.insert(id);
  if (!later_at_) later_at_ = In(now, kMessageGraceMs);
  return {};
}

// Numbers below the newest may show late from now on.
void Reader::WantOverlap(Timestamp now) {
  overlap_until_ = In(now, kOverlapMs);
  if (!overlap_at_) overlap_at_ = In(now, kOverlapEveryMs);
}

Result<Reader::Outcome> Reader::Answered(int status, std::string_view body, Timestamp now) {
  const Json answer = status == 200 ? ParseJson(body).value_or(Json()) : Json();
  if (status == 401) return Outcome::kUnauthorized;
  const Kind kind = kind_;
  if (kind == Kind::kConfirm) {
    kind_ = Kind::kNone;
    CUE_TRY(TakeConfirmation(status));
    return Outcome::kDone;
  }
  if (kind == Kind::kChanges) {
    kind_ = Kind::kNone;
    if (status == 0 || status == 502 || status == 503 || status == 504) return Outcome::kFailed;
    if (!answer.is_array()) {  // not for this user, or not on this server
      may_query_ = false;
      page_ = 0;
      return Outcome::kDone;
    }
    CUE_TRY(TakeChanges(answer, now));
    return Outcome::kDone;
  }
  if (status == 403) return Outcome::kUnauthorized;
  const Json* const edges = EdgesOf(answer);
  if (edges == nullptr) return Failed(status, now);
  CUE_TRY(TakeEdges(*edges, now));
  kind_ = Kind::kNone;
  return Outcome::kDone;
}

// A server that cannot say what only the background wants is asked again later, by this connection.
Reader::Outcome Reader::Failed(int status, Timestamp now) {
  const Kind kind = std::exchange(kind_, Kind::kNone);
  if (status == 0) return Outcome::kFailed;
  switch (kind) {
    case Kind::kHistory:
      history_at_ = In(now, kHistoryAgainMs);
      return Outcome::kDone;
    case Kind::kOpen:
      ChangesEnd();
      return Outcome::kDone;
    case Kind::kReplaced:
      replaced_wanted_ = false;
      return Outcome::kDone;
    case Kind::kSweep:
      return Outcome::kDone;
    default:
      return Outcome::kFailed;
  }
}

Result<void> Reader::TakeEdges(const Json& edges, Timestamp now) {
  Page page{.edges = edges.size()};
  for (const Json& edge : edges) {
    const auto upstream = ParseEdge(edge);
    if (!upstream) continue;
    const Event& event = upstream->event;
    found_.insert(event.id);
    page.newest_update = std::max(page.newest_update, event.updated_at);
    if (upstream->fields.Has(Field::kCreationOrder)) {
      page.last = event.creation_order;
      page.highest = std::max(page.highest, page.last);
      page.lowest = page.lowest == 0 ? page.last : std::min(page.lowest, page.last);
    }
    CUE_TRY(TakeRow(*upstream, now));
  }
  if (kind_ == Kind::kReread) CUE_TRY(outbox_->RereadEnded(reread_, reading_));
  if (!follows_ && (kind_ == Kind::kReread || kind_ == Kind::kSweep)) NoteMissing(now);
  const bool was_walk = kind_ == Kind::kWalk;
  PageEnds(page);
  return was_walk && !walk_ ? outbox_->WalkEnded(walk_number_) : Result<void>();
}

// A row is what the upstream has, and counts however old it is; but not when a message has just
// told of something later, because the row may be of before.
Result<void> Reader::TakeRow(const UpstreamEvent& upstream, Timestamp now) {
  const Event& event = upstream.event;
  const EventTable& table = store_->table();
  const Row row = table.FindById(event.id);
  if (follows_) {
    // Beside a feed an answer may be late: what has been removed since does not come back.
    if (row == kNoRow) return {};
    return outbox_->Merge(event, upstream.fields, upstream.progress);
  }
  if (outbox_->WasRemoved(event.id)) return {};
  const bool is_recent = heard_.contains(event.id) || heard_before_.contains(event.id);
  if (is_recent && row != kNoRow && event.updated_at < table.updated_at(row)) {
    later_.insert(event.id);
    if (!later_at_) later_at_ = In(now, 2 * kMessageGraceMs + 1'000);
  }
  const auto trust = is_recent ? std::nullopt : std::optional(Trust::kUpstream);
  return outbox_->Merge(event, upstream.fields, upstream.progress, trust);
}

// What a page says of new events and of the history, and whether there is more.
void Reader::PageEnds(const Page& page) {
  const bool is_full = page.edges >= kReadPageSize && page.last > 0;
  const int64_t highest = std::max(position_.walked_to, page.highest);
  switch (kind_) {
    case Kind::kNewest:
      newest_wanted_ = false;
      position_ = {
          .walked_to = highest, .floor = is_full ? page.lowest : 0, .changes = NewestUpdate()};
      Save();
      break;
    case Kind::kWalk:
      position_.walked_to = highest;
      walk_.reset();
      if (is_full) walk_ = page.last;
      Save();
      break;
    case Kind::kHistory: {
      const bool is_older = page.lowest < position_.floor;
      position_.floor = is_full && is_older && !IsBehindScope(page) ? page.lowest : 0;
      Save();
      break;
    }
    case Kind::kOpen:
      open_before_ = is_full && ++page_ < kMaxOpenPages ? CursorOf(page.last) : "";
      if (open_before_.empty()) ChangesEnd();
      break;
    case Kind::kReplaced:
      replaced_wanted_ = false;
      break;
    default:
      break;
  }
}

// No older event would be kept.
bool Reader::IsBehindScope(const Page& page) const {
  if (!store_->scope()) return false;
  const Scope& scope = *store_->scope();
  const auto events = static_cast<int64_t>(store_->table().size());
  if (scope.max_events && events >= *scope.max_events) return true;
  if (scope.max_bytes && events * kScopeRowBytes >= *scope.max_bytes) return true;
  return scope.max_age_seconds &&
         page.newest_update.us < position_.changes.us - *scope.max_age_seconds * 1'000'000;
}

// Rows of POST /api/query have no creation order: an event that is not here is read by its id, or
// comes with the history.
Result<void> Reader::TakeChanges(const Json& rows, Timestamp now) {
  for (const Json& row : rows) {
    const auto upstream = ParseQueryRow(row, payloads_ == Payloads::kWithEvents);
    if (!upstream) continue;
    if (store_->table().FindById(upstream->event.id) != kNoRow) {
      CUE_TRY(TakeRow(*upstream, now));
    } else if (position_.floor <= 1) {
      QueueReread(upstream->event.id);
    }
  }
  const bool is_full = rows.size() >= kChangesPageSize;
  if (is_full && ++page_ < kMaxChangesPages) return {};
  ChangesEnd();
  position_.changes = std::max(position_.changes, changes_mark_);
  Save();
  return {};
}

void Reader::ChangesEnd() {
  changes_wanted_ = false;
  page_ = 0;
  open_before_.clear();
}

// What was read once was committed, so its absence means that it is gone, or hidden; its own
// address says which. What only a message has told of may still come: it is given some minutes
// (protocol.md 12.3).
void Reader::NoteMissing(Timestamp now) {
  for (const Uuid& id : reading_) {
    const Row row = store_->table().FindById(id);
    if (found_.contains(id)) confirmed_.erase(id);
    if (found_.contains(id) || row == kNoRow || outbox_->HasDispatch(id)) continue;
    if (confirmed_.erase(id) > 0) {  // it is there, and not shown
      hidden_until_ = std::max(hidden_until_, store_->table().updated_at(row));
    } else if (store_->table().creation_order(row) < kFirstProvisionalOrder) {
      if (confirms_.size() < kMaxMissing) confirms_.push_back(id);
    } else if (!missing_before_.contains(id) && missing_.size() < kMaxMissing) {
      missing_.insert(id);
    }
  }
  if (!missing_.empty() && !missing_at_) missing_at_ = In(now, kMissingAgainMs);
}

Result<void> Reader::TakeConfirmation(int status) {
  const Uuid id = reading_.front();
  if (status == 404) return outbox_->RemovedUpstream(id);
  if (status == 200) {
    if (confirmed_.size() < kMaxMissing) confirmed_.insert(id);
    QueueReread(id);
  }
  return {};  // it may not be seen, or there was no answer: it is missed again by a later sweep
}

void Reader::Save() {
  const bool is_near = saved_ && position_.walked_to < saved_->walked_to + kSaveAhead &&
                       position_.floor > saved_->floor - kSaveStep &&
                       (position_.floor == 0) == (saved_->floor == 0) &&
                       position_.changes == saved_->changes;
  if (is_near) return;
  saved_ = position_;
  outbox_->ReadTo(position_);
}

}  // namespace cuesheet
