// Outbox: notes on disk, and sending.
#include <algorithm>
#include <array>

#include "base/json.h"
#include "event/request.h"
#include "replica/outbox.h"
#include "replica/outbox_values.h"

namespace cuesheet {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"dispatch", "update", "remove"};
constexpr std::array<std::string_view, 3> kStates = {"queued", "delivered", "refused"};
// The notes are rewritten when this many of them no longer matter.
constexpr size_t kMaxStaleNotes = 256;

template <typename Enum>
std::string_view Name(const std::array<std::string_view, 3>& names, Enum value) {
  return names[static_cast<size_t>(value)];
}

template <typename Enum>
Enum Named(const std::array<std::string_view, 3>& names, const Json& note, const char* member) {
  const auto at = std::ranges::find(names, note.value(member, ""));
  return static_cast<Enum>(at == names.end() ? 0 : at - names.begin());
}

// The note on a write; AppendList shows a part of it.
Json NoteOf(const LocalWrite& write) {
  return {{"n", write.number},
          {"kind", Name(kKinds, write.kind)},
          {"state", Name(kStates, write.state)},
          {"id", write.id.Hex()},
          {"body", write.body},
          {"before", write.before},
          {"madeAt", write.made_at.us},
          {"sent", write.was_sent},
          {"blocked", write.is_blocked},
          {"status", write.status},
          {"detail", write.detail}};
}

// The events of writes that wait.
class WaitingEvents {
 public:
  void Add(const LocalWrite& write) {
    ids_.insert(write.id.Hex());
    if (write.kind != LocalWrite::Kind::kRemove) return;
    // A parent cannot be removed before its child, nor a hash be used again.
    Insert(parents_, write.before, "dependsOn");
    Insert(hashes_, write.before, "hash");
  }
  bool Stop(const LocalWrite& write) const {
    if (ids_.empty()) return false;
    const std::string id = write.id.Hex();
    const bool is_removal = write.kind == LocalWrite::Kind::kRemove;
    return ids_.contains(id) || (is_removal && parents_.contains(id)) ||
           Has(ids_, write.body, "dependsOn") || Has(hashes_, write.body, "hash");
  }

 private:
  using Texts = std::set<std::string, std::less<>>;
  static void Insert(Texts& texts, const Json& object, const char* member) {
    const std::string_view text = TextMember(object, member);
    if (!text.empty()) texts.emplace(text);
  }
  static bool Has(const Texts& texts, const Json& object, const char* member) {
    return texts.contains(TextMember(object, member));
  }

  Texts ids_;
  Texts parents_;
  Texts hashes_;
};

}  // namespace

Result<void> Outbox::EnsureOpen() {
  if (is_open_) return {};
  CUE_ASSIGN(const std::vector<std::string> notes, file_.Open());
  is_open_ = true;
  for (const std::string& note : notes) TakeNote(ParseStoredJson(note));
  for (const LocalWrite& write : writes_) {
    store_->ledger().Pin(write.id);
    if (write.kind == LocalWrite::Kind::kDispatch) assumed_.insert(write.id);
  }
  return {};
}

void Outbox::TakeNote(const Json& note) {
  // A store that has lost changes is not at the position of the note.
  const bool is_whole =
      !store_->files().has_lost() && note.value("at", uint64_t{0}) <= store_->view().sequence();
  if (note.contains("reading")) {
    const Json& it = note["reading"];
    reading_ = ReadPosition{it.value("walkedTo", int64_t{0}),
                            it.value("floor", int64_t{0}),
                            {it.value("changes", int64_t{0})}};
    if (!is_whole) reading_.reset();
    return;
  }
  if (note.contains("feed")) {
    const Json& feed = note["feed"];
    noted_feed_ = FeedPosition{feed.value("store", ""), feed.value("next", uint64_t{0})};
    feed_ = is_whole ? noted_feed_ : std::nullopt;
    return;
  }
  const uint64_t number = note.value("n", uint64_t{0});
  LocalWrite* write = Find(number);
  if (write == nullptr) {
    if (!note.contains("kind") || number <= last_number_) return;
    last_number_ = number;
    write = &writes_.emplace_back();
    write->number = number;
    write->kind = Named<LocalWrite::Kind>(kKinds, note, "kind");
    write->body = note.value("body", Json());
    write->made_at = {note.value("madeAt", int64_t{0})};
  }
  if (note.value("done", false)) {
    std::erase_if(writes_, [number](const LocalWrite& it) { return it.number == number; });
    return;
  }
  if (note.contains("state")) write->state = Named<LocalWrite::State>(kStates, note, "state");
  if (note.contains("before")) write->before = note["before"];
  if (note.contains("id")) write->id = Uuid::Parse(note.value("id", "")).value_or(write->id);
  write->was_sent = note.value("sent", write->was_sent);
  write->is_blocked = note.value("blocked", write->is_blocked);
  write->status = note.value("status", write->status);
  write->detail = note.value("detail", write->detail);
}

void Outbox::Note(const Json& note) {
  if (stale_notes_ <= kMaxStaleNotes + writes_.size()) return file_.Append(CanonicalText(note));
  std::vector<std::string> notes;
  notes.reserve(writes_.size());
  for (const LocalWrite& write : writes_) notes.push_back(CanonicalText(NoteOf(write)));
  if (feed_) notes.push_back(CanonicalText(FeedNote()));
  if (reading_) notes.push_back(CanonicalText(ReadingNote()));
  file_.Rewrite(notes);
  stale_notes_ = 0;
}

Json Outbox::FeedNote() const {
  return {{"feed", {{"store", feed_->store}, {"next", feed_->next}}},
          {"at", store_->view().sequence()}};
}

Result<std::optional<FeedPosition>> Outbox::feed() {
  CUE_TRY(EnsureOpen());
  return feed_;
}

void Outbox::FollowedTo(const FeedPosition& position) {
  feed_ = position;
  const bool is_near = noted_feed_ && noted_feed_->store == position.store &&
                       position.next >= noted_feed_->next &&
                       position.next < noted_feed_->next + kFeedNoteStep;
  if (is_near) return;
  noted_feed_ = position;
  ++stale_notes_;
  Note(FeedNote());
}

Json Outbox::ReadingNote() const {
  return {{"reading",
           {{"walkedTo", reading_->walked_to},
            {"floor", reading_->floor},
            {"changes", reading_->changes.us}}},
          {"at", store_->view().sequence()}};
}

Result<std::optional<ReadPosition>> Outbox::reading() {
  CUE_TRY(EnsureOpen());
  return reading_;
}

void Outbox::ReadTo(const ReadPosition& position) {
  reading_ = position;
  ++stale_notes_;
  Note(ReadingNote());
}

void Outbox::NoteState(const LocalWrite& write) {
  ++stale_notes_;
  Note(NoteOf(write));
}

void Outbox::Drop(uint64_t number) {
  LocalWrite* const write = Find(number);
  const Uuid id = write->id;
  std::erase_if(writes_, [number](const LocalWrite& it) { return it.number == number; });
  stale_notes_ += 2;
  Note({{"n", number}, {"done", true}});
  const bool is_needed = std::ranges::any_of(writes_, [&](const auto& it) { return it.id == id; });
  if (!is_needed) store_->ledger().Unpin(id);
  effects_->Outbox();
}

LocalWrite* Outbox::Find(uint64_t number) {
  const auto at = std::ranges::find(writes_, number, &LocalWrite::number);
  return at == writes_.end() ? nullptr : &*at;
}

// Makes events again whose records were lost with the journal.
Result<void> Outbox::Salvage() {
  is_salvaged_ = true;
  std::set<Uuid> made;
  for (const LocalWrite& write : writes_) {
    if (write.state == LocalWrite::State::kRefused) continue;
    const bool is_missing = store_->view().table().FindById(write.id) == kNoRow;
    const auto removes = [&write](const LocalWrite& it) {
      return it.id == write.id && it.kind == LocalWrite::Kind::kRemove;
    };
    const bool is_dispatch = write.kind == LocalWrite::Kind::kDispatch;
    if (is_dispatch && is_missing && std::ranges::none_of(writes_, removes)) {
      const auto applied = Apply(write);
      // Another event has its hash now: the upstream decides.
      if (!applied && applied.error().code == ErrorCode::kConflict) continue;
      CUE_TRY(applied);
      made.insert(write.id);
    } else if (write.kind == LocalWrite::Kind::kUpdate && made.contains(write.id)) {
      CUE_TRY(Apply(write));
    }
  }
  return {};
}

// The writes of the next request: the oldest that may be sent, and the dispatches behind it that a
// hub takes with it. A write waits for what it depends on: an earlier write to its event that
// waits, its parent, an event whose id is not known yet, and a removal that frees its hash. While
// one is held, other dispatches wait behind it; updates and removals do not, because they can make
// room.
std::vector<LocalWrite*> Outbox::Next(Timestamp now) {
  std::vector<LocalWrite*> batch = Next(now, failed_last_);
  return batch.empty() && failed_last_ != 0 ? Next(now, 0) : batch;
}

// `but`: the number of a write that others go before; 0 = none.
std::vector<LocalWrite*> Outbox::Next(Timestamp now, uint64_t but) {
  WaitingEvents waiting;
  const bool is_pause = held_until_ && now.us < held_until_->us;
  bool has_held = false;
  std::vector<LocalWrite*> batch;
  size_t bytes = 0;
  for (LocalWrite& write : writes_) {
    if (write.state == LocalWrite::State::kDelivered && write.status != 0) waiting.Add(write);
    if (write.state != LocalWrite::State::kQueued) continue;
    const bool is_dispatch = write.kind == LocalWrite::Kind::kDispatch;
    has_held = has_held || (is_pause && write.is_held);
    const bool is_early = write.again_at && now.us < write.again_at->us;
    const bool is_behind = has_held && (is_dispatch || write.is_held);
    if (is_early || is_behind || write.number == but || waiting.Stop(write)) {
      waiting.Add(write);
      continue;
    }
    const bool may_join =
        follows_ && may_batch_ && is_dispatch && write.failures == 0 && !write.is_blocked;
    if (!batch.empty() && !may_join) break;
    bytes += is_dispatch ? CanonicalText(write.body).size() : 0;
    if (!batch.empty() && bytes > kMaxBatchWriteBytes) break;
    batch.push_back(&write);
    if (!may_join || batch.size() >= std::min(batch_limit_, kMaxBatchWrites)) break;
  }
  return batch;
}

Result<void> Outbox::Pump(bool may_send, Timestamp now, const Entropy& entropy) {
  if (!store_->view().CheckLoaded()) return {};
  CUE_TRY(EnsureOpen());
  if (!is_salvaged_) CUE_TRY(Salvage());
  NoteTime(now);
  if (!sending_.empty() && send_by_ && send_by_->us <= now.us) {
    CUE_TRY(Answered(request_, {}, now, entropy));
  }
  if (!may_send || !sending_.empty() || (resend_at_ && now.us < resend_at_->us)) return {};
  const std::vector<LocalWrite*> batch = Next(now);
  if (!batch.empty()) return Send(batch, now);
  std::optional<Timestamp> next;
  for (const LocalWrite& write : writes_) {
    const bool waits =
        write.state == LocalWrite::State::kQueued && write.again_at && now.us < write.again_at->us;
    if (waits && (!next || *write.again_at < *next)) next = write.again_at;
  }
  const bool is_pause = held_until_ && now.us < held_until_->us && counts().held > 0;
  if (is_pause && (!next || *held_until_ < *next)) next = held_until_;
  if (next) Wake((next->us - now.us + 999) / 1000);
  return {};
}

void Outbox::NoteTime(Timestamp now) {
  const int64_t back_us = deadlines_.SetBack(now);
  if (back_us <= 0) return;
  for (auto* const at : {&send_by_, &resend_at_, &held_until_}) MoveBack(*at, back_us);
  for (LocalWrite& write : writes_) MoveBack(write.again_at, back_us);
}

Result<void> Outbox::Send(const std::vector<LocalWrite*>& batch, Timestamp now) {
  LocalWrite& first = *batch.front();
  CUE_ASSERT(sending_.empty() && first.state == LocalWrite::State::kQueued);
  static constexpr std::array<std::string_view, 3> kMethods = {"POST", "PATCH", "DELETE"};
  const bool is_dispatch = first.kind == LocalWrite::Kind::kDispatch;
  Json body = is_dispatch ? first.body : BodyToSend(first.body, first.before);
  if (first.kind == LocalWrite::Kind::kUpdate &&
      body.empty()) {  // the upstream is further ahead already
    UpdateDelivered(first);
    return {};
  }
  std::string path = is_dispatch ? "/api/events" : "/api/events/" + first.id.Hex();
  if (batch.size() > 1) {
    path = "/api/events/batch";
    body = Json::array();
  }
  for (LocalWrite* const write : batch) {
    if (!write->was_sent) {
      write->was_sent = true;
      NoteState(*write);
    }
    if (batch.size() > 1) body.push_back(write->body);
    sending_.push_back(write->number);
  }
  resend_at_ = std::nullopt;
  send_by_ = {now.us + kSendTimeoutMs * 1000};
  const std::string text = body.is_null() ? "" : CanonicalText(body);
  effects_->Write({.number = ++request_,
                   .method = Name(kMethods, first.kind),
                   .path = path,
                   .body = body.is_null() ? std::nullopt : std::optional<std::string_view>(text)});
  Wake(kSendTimeoutMs);
  return {};
}

Result<void> Outbox::AppendList(std::string& out) {
  CUE_TRY(EnsureOpen());
  Json list = Json::array();
  for (const LocalWrite& write : writes_) {
    if (write.state == LocalWrite::State::kDelivered) continue;
    Json item = NoteOf(write);
    item["number"] = item["n"];
    item["madeAt"] = write.made_at.Iso();
    if (write.is_blocked) item["state"] = "blocked";
    for (const char* member : {"n", "before", "blocked"}) item.erase(member);
    list.push_back(std::move(item));
  }
  out += CanonicalText(list);
  return {};
}

void Outbox::Wake(int64_t delay_ms) { effects_->Wake(delay_ms); }

}  // namespace cuesheet
