// Outbox: notes on disk, sending, answers.
#include <algorithm>
#include <array>

#include "event/request.h"
#include "replica/outbox.h"
#include "replica/outbox_values.h"

namespace cuesheet {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"dispatch", "update", "remove"};
constexpr std::array<std::string_view, 3> kStates = {"queued", "delivered", "refused"};
// The notes are written anew when so many of them say nothing any more.
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

// What is noted of a write; AppendList shows a part of it.
Json NoteOf(const LocalWrite& write) {
  return {{"n", write.number},
          {"kind", Name(kKinds, write.kind)},
          {"state", Name(kStates, write.state)},
          {"id", write.id.Hex()},
          {"body", write.body},
          {"before", write.before},
          {"madeAt", write.made_at.us},
          {"sent", write.was_sent},
          {"status", write.status},
          {"detail", write.detail}};
}

}  // namespace

Result<void> Outbox::EnsureOpen() {
  if (is_open_) return {};
  CUE_ASSIGN(const std::vector<std::string> notes, store_->outbox_file().Open());
  store_->MirrorUpstream();
  is_open_ = true;
  for (const std::string& note : notes) TakeNote(ParseStoredJson(note));
  for (const LocalWrite& write : writes_) {
    store_->Pin(write.id);
    if (write.kind == LocalWrite::Kind::kDispatch) assumed_.insert(write.id);
  }
  return {};
}

void Outbox::TakeNote(const Json& note) {
  // With changes lost that the store had then, it is not where the note believes.
  const bool is_whole = !store_->has_lost() && note.value("at", uint64_t{0}) <= store_->sequence();
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
  write->status = note.value("status", write->status);
  write->detail = note.value("detail", write->detail);
}

void Outbox::Note(const Json& note) {
  OutboxFile& file = store_->outbox_file();
  if (stale_notes_ <= kMaxStaleNotes + writes_.size()) return file.Append(CanonicalText(note));
  std::vector<std::string> notes;
  notes.reserve(writes_.size());
  for (const LocalWrite& write : writes_) notes.push_back(CanonicalText(NoteOf(write)));
  if (feed_) notes.push_back(CanonicalText(FeedNote()));
  if (reading_) notes.push_back(CanonicalText(ReadNote()));
  file.Rewrite(notes);
  stale_notes_ = 0;
}

Json Outbox::FeedNote() const {
  return {{"feed", {{"store", feed_->store}, {"next", feed_->next}}}, {"at", store_->sequence()}};
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

Json Outbox::ReadNote() const {
  return {{"reading",
           {{"walkedTo", reading_->walked_to},
            {"floor", reading_->floor},
            {"changes", reading_->changes.us}}},
          {"at", store_->sequence()}};
}

Result<std::optional<ReadPosition>> Outbox::reading() {
  CUE_TRY(EnsureOpen());
  return reading_;
}

void Outbox::ReadTo(const ReadPosition& position) {
  reading_ = position;
  ++stale_notes_;
  Note(ReadNote());
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
  if (!is_needed) store_->Unpin(id);
  effects_->Add(R"({"effect":"outbox"})");
}

LocalWrite* Outbox::Find(uint64_t number) {
  const auto at = std::ranges::find(writes_, number, &LocalWrite::number);
  return at == writes_.end() ? nullptr : &*at;
}

// The events of writes whose records were lost with the journal are made again.
Result<void> Outbox::Salvage() {
  is_salvaged_ = true;
  std::set<Uuid> made;
  for (const LocalWrite& write : writes_) {
    if (write.state == LocalWrite::State::kRefused) continue;
    const bool is_missing = store_->table().FindById(write.id) == kNoRow;
    const auto removes = [&write](const LocalWrite& it) {
      return it.id == write.id && it.kind == LocalWrite::Kind::kRemove;
    };
    const bool is_dispatch = write.kind == LocalWrite::Kind::kDispatch;
    if (is_dispatch && is_missing && std::ranges::none_of(writes_, removes)) {
      CUE_TRY(Apply(write));
      made.insert(write.id);
    } else if (write.kind == LocalWrite::Kind::kUpdate && made.contains(write.id)) {
      CUE_TRY(Apply(write));
    }
  }
  return {};
}

// The oldest write that waits, unless it is about an event whose id is still to be learnt.
LocalWrite* Outbox::Next() {
  std::set<Uuid> unknown;
  for (LocalWrite& write : writes_) {
    if (write.state == LocalWrite::State::kDelivered && write.status != 0) unknown.insert(write.id);
    if (write.state == LocalWrite::State::kQueued && !unknown.contains(write.id)) return &write;
  }
  return nullptr;
}

Result<void> Outbox::Pump(bool may_send, Timestamp now, const Entropy& entropy) {
  if (!store_->CheckLoaded()) return {};
  CUE_TRY(EnsureOpen());
  if (!is_salvaged_) CUE_TRY(Salvage());
  deadlines_.Note(now, {&send_by_, &resend_at_});
  if (sending_ != 0 && send_by_ && send_by_->us <= now.us) {
    CUE_TRY(Answered(request_, 0, "", now, entropy));
  }
  if (!may_send || sending_ != 0 || (resend_at_ && now.us < resend_at_->us)) return {};
  LocalWrite* const write = Next();
  return write == nullptr ? Result<void>() : Send(*write, now);
}

Result<void> Outbox::Send(LocalWrite& write, Timestamp now) {
  static constexpr std::array<std::string_view, 3> kMethods = {"POST", "PATCH", "DELETE"};
  const bool is_dispatch = write.kind == LocalWrite::Kind::kDispatch;
  const Json body = is_dispatch ? write.body : BodyToSend(write.body, write.before);
  if (write.kind == LocalWrite::Kind::kUpdate && body.empty()) {  // the upstream is further already
    UpdateDelivered(write);
    return {};
  }
  if (!write.was_sent) {
    write.was_sent = true;
    NoteState(write);
  }
  sending_ = write.number;
  resend_at_ = std::nullopt;
  send_by_ = {now.us + kSendTimeoutMs * 1000};
  const Json effect = {{"effect", "write"},
                       {"request", ++request_},
                       {"method", Name(kMethods, write.kind)},
                       {"path", is_dispatch ? "/api/events" : "/api/events/" + write.id.Hex()},
                       {"body", body.is_null() ? Json() : Json(CanonicalText(body))}};
  effects_->Add(CanonicalText(effect));
  Wake(kSendTimeoutMs);
  return {};
}

namespace {

enum class Verdict : uint8_t { kDone, kAlreadyThere, kGone, kRetry, kRefused, kUnauthorized };

Verdict Judge(LocalWrite::Kind kind, int status, const Json& answer) {
  if (status >= 200 && status < 300) return Verdict::kDone;
  if (status == 401) return Verdict::kUnauthorized;
  if (status == 404 && kind == LocalWrite::Kind::kRemove) return Verdict::kDone;
  if (status == 404 && kind == LocalWrite::Kind::kUpdate) return Verdict::kGone;
  // 409 has another cause with reuse, so the text counts (protocol.md 12.4).
  const bool is_same =
      TextMember(answer, "detail").find("same hash already exists") != std::string_view::npos;
  if (status == 409 && kind == LocalWrite::Kind::kDispatch && is_same) {
    return Verdict::kAlreadyThere;
  }
  if (status == 0 || status == 408 || status == 429) return Verdict::kRetry;
  const Json* code = FindMember(answer, "code");
  const bool has_children = status == 500 && code != nullptr && *code == 409;
  return status >= 500 && !has_children ? Verdict::kRetry : Verdict::kRefused;
}

}  // namespace

Result<void> Outbox::Answered(uint64_t request, int status, std::string_view body, Timestamp now,
                              const Entropy& entropy) {
  deadlines_.Note(now, {&send_by_, &resend_at_});
  if (request != request_ || sending_ == 0) return {};  // an answer nobody waits for
  LocalWrite* const write = Find(std::exchange(sending_, 0));
  send_by_ = std::nullopt;
  if (write == nullptr) return {};  // settled meanwhile: its row came by another way
  const Json answer = ParseJson(body).value_or(Json());
  Verdict verdict = Judge(write->kind, status, answer);
  if (verdict == Verdict::kRetry && status >= 500 && ++write->server_errors >= kMaxServerErrors) {
    verdict = Verdict::kRefused;
  }
  // The row is on its way, or the event has been deleted: sent again until one of both is known.
  if (verdict == Verdict::kAlreadyThere && follows_) verdict = Verdict::kRetry;
  if (verdict == Verdict::kRetry) {
    const int64_t delay = FullJitterMs(entropy, kResendBaseMs, kResendCapMs, attempts_++);
    resend_at_ = {now.us + delay * 1000};
    Wake(delay);
    return {};
  }
  attempts_ = 0;
  switch (verdict) {
    case Verdict::kUnauthorized:
      unauthorized_ = true;
      return {};
    case Verdict::kAlreadyThere:
      write->state = LocalWrite::State::kDelivered;
      write->status = status;  // its id is still to be learnt
      write->delivered_in = last_reread_;
      NoteState(*write);
      Tell(*write, "confirmed");
      walk_wanted_ = true;
      return {};
    case Verdict::kGone:
      CUE_TRY(store_->RemoveUpstream(write->id));
      DropDelivered(write->id);
      return Refuse(*write, status, "the event was deleted on the server");
    case Verdict::kRefused:
      CUE_TRY(TakeBack(*write));
      return Refuse(*write, status, std::string(TextMember(answer, "detail")));
    default:
      break;
  }
  if (write->kind == LocalWrite::Kind::kDispatch) return Delivered(*write, answer);
  if (write->kind == LocalWrite::Kind::kUpdate) {
    UpdateDelivered(*write);
    return {};
  }
  CUE_TRY(store_->RemoveUpstream(write->id));  // a message may have brought it back meanwhile
  // What the upstream did not have may be on its way there: a transaction that has not ended yet.
  if (status == 404) {
    DropDelivered(write->id);
  } else {
    Removed(write->id);
  }
  Tell(*write, "confirmed");
  Drop(write->number);
  return {};
}

void Outbox::Removed(const Uuid& id) {
  if (removed_.size() == kMaxRemovedIds) removed_.clear();
  removed_.insert(id);
  DropDelivered(id);
}

// A dispatch of the event whose row has not come back waits for nothing any more.
void Outbox::DropDelivered(const Uuid& id) {
  assumed_.erase(id);
  const auto row_is_missing = [&id](const LocalWrite& it) {
    return it.id == id && it.state == LocalWrite::State::kDelivered;
  };
  for (auto at = std::ranges::find_if(writes_, row_is_missing); at != writes_.end();
       at = std::ranges::find_if(writes_, row_is_missing)) {
    Drop(at->number);
  }
}

Result<void> Outbox::Delivered(LocalWrite& write, const Json& answer) {
  const Json* text = FindMember(answer, "id");
  const bool has_id = text != nullptr && text->is_string();
  const auto id = has_id ? Uuid::ParseLenient(text->get_ref<const std::string&>()) : std::nullopt;
  const uint64_t number = write.number;
  if (id && *id != write.id) CUE_TRY(Rename(write.id, *id));
  LocalWrite* const delivered = Find(number);
  delivered->state = LocalWrite::State::kDelivered;
  delivered->status = id ? 0 : 409;
  delivered->delivered_in = last_reread_;
  NoteState(*delivered);
  Tell(*delivered, "confirmed");
  if (id) {
    rereads_.push_back(*id);
  } else {
    walk_wanted_ = true;
  }
  return {};
}

// What the upstream has made of it may differ, and a row of before may have been laid under it.
void Outbox::UpdateDelivered(LocalWrite& write) {
  write.state = LocalWrite::State::kDelivered;
  write.delivered_in = last_reread_;
  NoteState(write);
  rereads_.push_back(write.id);
  assumed_.insert(write.id);
  Tell(write, "confirmed");
  effects_->Add(R"({"effect":"outbox"})");
}

void Outbox::RereadDelivered() {
  for (const LocalWrite& write : writes_) {
    const bool has_id = write.status == 0;
    if (has_id && write.state == LocalWrite::State::kDelivered) rereads_.push_back(write.id);
  }
}

// A dispatch whose row has not come, although it was asked for, was deleted since.
Result<void> Outbox::RereadEnded(uint64_t reread, std::span<const Uuid> ids) {
  std::vector<uint64_t> settled;
  std::vector<Uuid> gone;
  for (const LocalWrite& write : writes_) {
    const bool is_read =
        write.delivered_in < reread && std::ranges::find(ids, write.id) != ids.end();
    if (!is_read || write.state != LocalWrite::State::kDelivered) continue;
    if (write.kind == LocalWrite::Kind::kDispatch) gone.push_back(write.id);
    if (write.kind == LocalWrite::Kind::kUpdate) settled.push_back(write.number);
  }
  for (const uint64_t number : settled) Drop(number);
  for (const Uuid& id : gone) CUE_TRY(RemovedUpstream(id));
  return {};
}

Result<void> Outbox::WalkEnded(uint64_t walk) {
  std::vector<Uuid> gone;
  for (const LocalWrite& write : writes_) {
    const bool is_unknown = write.state == LocalWrite::State::kDelivered && write.status != 0;
    if (is_unknown && write.delivered_in < walk) gone.push_back(write.id);
  }
  for (const Uuid& id : gone) CUE_TRY(RemovedUpstream(id));
  return {};
}

// What comes after a refused dispatch of an event has nothing to be written to.
Result<void> Outbox::Refuse(LocalWrite& refused, int status, const std::string& detail) {
  const Uuid id = refused.id;
  const bool is_dispatch = refused.kind == LocalWrite::Kind::kDispatch;
  const uint64_t number = refused.number;
  for (LocalWrite& write : writes_) {
    const bool is_it = write.number == number;
    const bool falls = is_dispatch && write.id == id && write.number > number &&
                       write.state == LocalWrite::State::kQueued;
    if (!is_it && !falls) continue;
    write.state = LocalWrite::State::kRefused;
    write.status = status;
    write.detail = is_it ? detail : "its event was refused: " + detail;
    NoteState(write);
    Tell(write, "refused");
  }
  if (!is_dispatch && !removed_.contains(id)) {
    rereads_.push_back(id);
    assumed_.insert(id);
  }
  return {};
}

Result<void> Outbox::Retry(uint64_t number, Timestamp /*now*/) {
  CUE_TRY(EnsureOpen());
  LocalWrite* const write = Find(number);
  if (write == nullptr || write->state != LocalWrite::State::kRefused) {
    return Fail(ErrorCode::kNotFound,
                "outbox: no refused write has the number " + std::to_string(number));
  }
  CUE_TRY(Apply(*write));
  write->state = LocalWrite::State::kQueued;
  write->status = 0;
  write->detail.clear();
  write->server_errors = 0;
  NoteState(*write);
  effects_->Add(R"({"effect":"outbox"})");
  return {};
}

Result<void> Outbox::Discard(uint64_t number) {
  CUE_TRY(EnsureOpen());
  LocalWrite* const write = Find(number);
  if (write == nullptr || write->state == LocalWrite::State::kDelivered) {
    return Fail(ErrorCode::kNotFound,
                "outbox: no local write has the number " + std::to_string(number));
  }
  if (write->state == LocalWrite::State::kRefused) {
    Drop(number);
    return {};
  }
  if (write->was_sent) {
    return Fail(ErrorCode::kState, "outbox: write " + std::to_string(number) +
                                       " has been sent and may be on the server already");
  }
  CUE_TRY(TakeBack(*write));
  const LocalWrite discarded = *write;
  std::vector<uint64_t> doomed = {number};
  for (const LocalWrite& later : writes_) {
    const bool falls = discarded.kind == LocalWrite::Kind::kDispatch && later.id == discarded.id;
    if (falls && later.number > number) doomed.push_back(later.number);
  }
  for (const uint64_t each : doomed) Drop(each);
  assumed_.erase(discarded.id);
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
    for (const char* member : {"n", "before"}) item.erase(member);
    list.push_back(std::move(item));
  }
  out += CanonicalText(list);
  return {};
}

void Outbox::Tell(const LocalWrite& write, std::string_view outcome) {
  const Json effect = {{"effect", "written"}, {"number", write.number}, {"id", write.id.Hex()},
                       {"outcome", outcome},  {"status", write.status}, {"detail", write.detail}};
  effects_->Add(CanonicalText(effect));
}

void Outbox::Wake(int64_t delay_ms) {
  effects_->Add(R"({"effect":"wake","delayMs":)" + std::to_string(delay_ms) + '}');
}

}  // namespace cuesheet
