// Outbox: what answers and rows mean for the writes.
#include <algorithm>

#include "base/json.h"
#include "replica/outbox.h"

namespace cuesheet {
namespace {

enum class Verdict : uint8_t {
  kDone,
  kAlreadyThere,
  kGone,
  kRetry,
  kHeld,
  kRefused,
  kUnauthorized
};

Verdict Judge(LocalWrite::Kind kind, int status, const Json& answer) {
  if (status >= 200 && status < 300) return Verdict::kDone;
  if (status == 401) return Verdict::kUnauthorized;
  if (status == 404 && kind == LocalWrite::Kind::kRemove) return Verdict::kDone;
  if (status == 404 && kind == LocalWrite::Kind::kUpdate) return Verdict::kGone;
  // With reuse a 409 has another cause, so the text decides (protocol.md 12.4).
  const bool is_same =
      TextMember(answer, "detail").find("same hash already exists") != std::string_view::npos;
  if (status == 409 && kind == LocalWrite::Kind::kDispatch && is_same) {
    return Verdict::kAlreadyThere;
  }
  if (status == 0 || status == 408 || status == 429) return Verdict::kRetry;
  if (status == kNoRoomStatus) return Verdict::kHeld;
  const Json* code = FindMember(answer, "code");
  const bool has_children = status == 500 && code != nullptr && *code == 409;
  return status >= 500 && !has_children ? Verdict::kRetry : Verdict::kRefused;
}

// What was refused may be queued again; what is delivered stays so until it is dropped.
bool MayBecome(LocalWrite::State from, LocalWrite::State to) {
  switch (from) {
    case LocalWrite::State::kQueued:
      return to == LocalWrite::State::kDelivered || to == LocalWrite::State::kRefused;
    case LocalWrite::State::kRefused:
      return to == LocalWrite::State::kQueued;
    case LocalWrite::State::kDelivered:
      break;
  }
  return false;
}

}  // namespace

Result<void> Outbox::Answered(uint64_t request, int status, std::string_view body, Timestamp now,
                              const Entropy& entropy) {
  deadlines_.Note(now, {&send_by_, &resend_at_, &held_until_});
  if (request != request_ || sending_.empty()) return {};  // no request waits for this answer
  const std::vector<uint64_t> numbers = std::exchange(sending_, {});
  send_by_ = std::nullopt;
  const Json answer = ParseJson(body).value_or(Json());
  if (numbers.size() == 1) return Settle(numbers[0], status, answer, now, entropy);
  if (status == 400 || status == 404 || status == 405 || status == 413) {
    may_batch_ = false;  // sent one by one, each gets its own answer
    return {};
  }
  const bool is_list = status == 200 && answer.is_array() && answer.size() == numbers.size();
  if (!is_list && status != 403) {  // with 200 it is not an answer either
    return Settle(numbers[0], status == 200 ? 0 : status, answer, now, entropy);
  }
  const uint32_t attempts = attempts_;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const Json& one = is_list ? answer[i] : answer;
    const Json* code = FindMember(one, "code");
    const bool is_refused = code != nullptr && code->is_number_integer();
    attempts_ = attempts;  // a batch is one attempt
    CUE_TRY(Settle(numbers[i], is_refused ? code->get<int>() : status, one, now, entropy));
  }
  return {};
}

void Outbox::Become(LocalWrite& write, LocalWrite::State state) {
  CUE_ASSERT(MayBecome(write.state, state));
  write.state = state;
}

// Applies the answer to one write.
Result<void> Outbox::Settle(uint64_t number, int status, const Json& answer, Timestamp now,
                            const Entropy& entropy) {
  LocalWrite* const write = Find(number);
  if (write == nullptr) return {};  // settled meanwhile, because its row arrived in another way
  CUE_ASSERT(write->was_sent && write->state == LocalWrite::State::kQueued);
  Verdict verdict = Judge(write->kind, status, answer);
  if (verdict == Verdict::kRetry && status >= 500 && ++write->server_errors >= kMaxServerErrors) {
    verdict = Verdict::kRefused;
  }
  // Either the row is under way or the event was deleted: repeated until one of them is certain.
  if (verdict == Verdict::kAlreadyThere && follows_) verdict = Verdict::kRetry;
  if (verdict == Verdict::kRetry) {
    const int64_t delay = FullJitterMs(entropy, kResendBaseMs, kResendCapMs, attempts_++);
    resend_at_ = {now.us + delay * 1000};
    Wake(delay);
    return {};
  }
  attempts_ = 0;
  if (verdict == Verdict::kHeld) {
    Hold(*write, answer, now, entropy);
    return {};
  }
  if (verdict != Verdict::kUnauthorized) Release(*write);
  switch (verdict) {
    case Verdict::kUnauthorized:
      unauthorized_ = true;
      return {};
    case Verdict::kAlreadyThere:
      Become(*write, LocalWrite::State::kDelivered);
      write->status = status;  // its id is still unknown
      write->delivered_in = last_reread_;
      NoteState(*write);
      Tell(*write, WriteOutcome::kConfirmed);
      questions_.needs_walk = true;
      return {};
    case Verdict::kGone:
      CUE_TRY(store_->ledger().RemoveUpstream(write->id));
      DropDelivered(write->id);
      return Refuse(*write, status, "the event was deleted on the server");
    case Verdict::kRefused:
      CUE_TRY(TakeBack(*write));
      return Refuse(*write, status,
                    std::string(TextMember(answer, "detail").substr(0, kMaxDetailBytes)));
    default:
      break;
  }
  if (write->kind == LocalWrite::Kind::kDispatch) return Delivered(*write, answer);
  if (write->kind == LocalWrite::Kind::kUpdate) {
    UpdateDelivered(*write);
    return {};
  }
  CUE_TRY(
      store_->ledger().RemoveUpstream(write->id));  // a message may have brought it back meanwhile
  // An event that the upstream did not have may be in a transaction that has not ended yet.
  if (status == 404) {
    DropDelivered(write->id);
  } else {
    Removed(write->id);
  }
  Tell(*write, WriteOutcome::kConfirmed);
  Drop(write->number);
  return {};
}

// Without a decision of the upstream: only room is missing there, and somebody may make some.
void Outbox::Hold(LocalWrite& write, const Json& answer, Timestamp now, const Entropy& entropy) {
  const bool is_pause = held_until_ && now.us < held_until_->us;  // of a batch, one attempt
  if (!is_pause) {
    const int64_t delay =
        std::max(kHeldMinMs, FullJitterMs(entropy, kHeldBaseMs, kHeldCapMs, held_attempts_++));
    held_until_ = {now.us + delay * 1000};
  }
  if (std::exchange(write.is_held, true)) return;
  write.status = kNoRoomStatus;
  write.detail = TextMember(answer, "detail").substr(0, kMaxDetailBytes);
  effects_->Outbox();
}

void Outbox::Release(LocalWrite& write) {
  if (!std::exchange(write.is_held, false)) return;
  held_until_.reset();
  held_attempts_ = 0;
  write.status = 0;
  write.detail.clear();
}

void Outbox::Removed(const Uuid& id) {
  if (removed_.size() == kMaxRemovedIds) removed_.clear();
  removed_.insert(id);
  DropDelivered(id);
}

// A dispatch of the event no longer has to wait for its row.
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
  Become(*delivered, LocalWrite::State::kDelivered);
  delivered->status = id ? 0 : 409;
  delivered->delivered_in = last_reread_;
  NoteState(*delivered);
  Tell(*delivered, WriteOutcome::kConfirmed);
  if (id) {
    (follows_ ? questions_.expected : questions_.rereads).push_back(*id);
  } else {
    questions_.needs_walk = true;
  }
  return {};
}

// The upstream may have stored something else, and an earlier row may have been laid under it.
void Outbox::UpdateDelivered(LocalWrite& write) {
  Become(write, LocalWrite::State::kDelivered);
  write.delivered_in = last_reread_;
  NoteState(write);
  questions_.rereads.push_back(write.id);
  assumed_.insert(write.id);
  Tell(write, WriteOutcome::kConfirmed);
  effects_->Outbox();
}

void Outbox::RereadDelivered() {
  for (const LocalWrite& write : writes_) {
    const bool has_id = write.status == 0;
    if (has_id && write.state == LocalWrite::State::kDelivered)
      questions_.rereads.push_back(write.id);
    // The undone state is an old one; after a crash it may not have been read again.
    const bool is_refused = write.state == LocalWrite::State::kRefused;
    if (!is_refused || write.kind == LocalWrite::Kind::kDispatch) continue;
    questions_.rereads.push_back(write.id);
    assumed_.insert(write.id);
  }
}

// A dispatch whose row did not arrive although it was requested was deleted since.
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

// Later writes to the event of a refused dispatch have no event to change.
Result<void> Outbox::Refuse(LocalWrite& refused, int status, const std::string& detail) {
  const Uuid id = refused.id;
  const bool is_dispatch = refused.kind == LocalWrite::Kind::kDispatch;
  const uint64_t number = refused.number;
  for (LocalWrite& write : writes_) {
    const bool is_it = write.number == number;
    const bool falls = is_dispatch && write.id == id && write.number > number &&
                       write.state == LocalWrite::State::kQueued;
    if (!is_it && !falls) continue;
    Become(write, LocalWrite::State::kRefused);
    write.status = status;
    write.detail = is_it ? detail : "its event was refused: " + detail;
    NoteState(write);
    Tell(write, WriteOutcome::kRefused);
  }
  if (!is_dispatch && !removed_.contains(id)) {
    questions_.rereads.push_back(id);
    assumed_.insert(id);
  }
  return {};
}

Result<void> Outbox::Retry(uint64_t number, Timestamp /*now*/) {
  CUE_TRY(EnsureOpen());
  LocalWrite* const write = Find(number);
  if (write != nullptr && write->is_held) {
    held_until_.reset();
    return {};
  }
  if (write == nullptr || write->state != LocalWrite::State::kRefused) {
    return Fail(ErrorCode::kNotFound,
                "outbox: no refused write has the number " + std::to_string(number));
  }
  CUE_TRY(Apply(*write));
  Become(*write, LocalWrite::State::kQueued);
  write->status = 0;
  write->detail.clear();
  write->server_errors = 0;
  NoteState(*write);
  effects_->Outbox();
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
  const bool is_asked = std::ranges::find(sending_, number) != sending_.end();
  if (write->was_sent && (!write->is_held || is_asked)) {
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

void Outbox::Tell(const LocalWrite& write, WriteOutcome outcome) {
  const std::string id = write.id.Hex();
  effects_->Written({.number = write.number,
                     .id = id,
                     .outcome = outcome,
                     .status = write.status,
                     .detail = write.detail});
}

}  // namespace cuesheet
