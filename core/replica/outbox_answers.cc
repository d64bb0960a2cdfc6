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
  kRetry,   // the upstream cannot answer now
  kHeld,    // it has no room for it
  kFailed,  // it failed with this write, or did not answer it itself
  kRefused,
  kUnauthorized
};

AskedFor AskedBy(LocalWrite::Kind kind) {
  switch (kind) {
    case LocalWrite::Kind::kDispatch:
      return AskedFor::kDispatch;
    case LocalWrite::Kind::kUpdate:
      return AskedFor::kUpdate;
    case LocalWrite::Kind::kRemove:
      return AskedFor::kRemove;
  }
  return AskedFor::kOther;
}

Verdict Judge(LocalWrite::Kind kind, AnswerSource source, int status, const Json& json) {
  if (source == AnswerSource::kNone) return Verdict::kRetry;
  if (source == AnswerSource::kElsewhere) return Verdict::kFailed;
  if (status < 300) return Verdict::kDone;
  if (status == 401) return Verdict::kUnauthorized;
  if (status == 404 && kind == LocalWrite::Kind::kRemove) return Verdict::kDone;
  if (status == 404 && kind == LocalWrite::Kind::kUpdate) return Verdict::kGone;
  // With reuse a 409 has another cause, so the text decides (protocol.md 12.4).
  const bool is_same =
      TextMember(json, "detail").find("same hash already exists") != std::string_view::npos;
  if (status == 409 && kind == LocalWrite::Kind::kDispatch && is_same) {
    return Verdict::kAlreadyThere;
  }
  if (status == 408 || status == 429) return Verdict::kRetry;
  if (status < 500) return Verdict::kRefused;
  if (status == kNoRoomStatus) return Verdict::kHeld;
  if (status != 500) return Verdict::kRetry;  // it is busy, starting, full or away
  const Json* code = FindMember(json, "code");
  const bool has_children = code != nullptr && *code == 409;
  return has_children ? Verdict::kRefused : Verdict::kFailed;
}

// What was refused may be queued again, and so may a delivered dispatch whose id is unknown.
bool MayBecome(LocalWrite::State from, LocalWrite::State to) {
  switch (from) {
    case LocalWrite::State::kQueued:
      return to == LocalWrite::State::kDelivered || to == LocalWrite::State::kRefused;
    case LocalWrite::State::kRefused:
    case LocalWrite::State::kDelivered:
      return to == LocalWrite::State::kQueued;
  }
  return false;
}

}  // namespace

Result<void> Outbox::Answered(uint64_t request, const UpstreamAnswer& answer, Timestamp now,
                              const Entropy& entropy) {
  NoteTime(now);
  if (request != request_ || sending_.empty()) return {};  // no request waits for this answer
  const std::vector<uint64_t> numbers = std::exchange(sending_, {});
  send_by_ = std::nullopt;
  const Json json = ParseJson(answer.body).value_or(Json());
  if (numbers.size() > 1) return BatchAnswered(numbers, answer, json, now, entropy);
  return Settle(numbers[0], answer, json, now, entropy);
}

// A batch that fails as a whole is sent again in halves, down to single writes, so that only a
// write at fault is blamed.
Result<void> Outbox::BatchAnswered(const std::vector<uint64_t>& numbers,
                                   const UpstreamAnswer& answer, const Json& json, Timestamp now,
                                   const Entropy& entropy) {
  AnswerSource source = SourceOf(AskedFor::kBatch, answer, json);
  const bool is_list = source == AnswerSource::kUpstream && json.is_array();
  if (is_list && json.size() != numbers.size()) source = AnswerSource::kElsewhere;
  intercepted_ = source == AnswerSource::kElsewhere ? Describe(answer) : "";
  if (source == AnswerSource::kNone) {
    WaitAndRetry(now, entropy);
    return {};
  }
  if (source == AnswerSource::kUpstream && !is_list) {
    if (answer.status == 401) {
      unauthorized_ = true;
      return {};
    }
    if (answer.status == 404 || answer.status == 405) {
      may_batch_ = false;
      return {};
    }
    if (answer.status == kNoRoomStatus) {
      for (const uint64_t number : numbers) CUE_TRY(Settle(number, answer, json, now, entropy));
      return {};
    }
    const bool is_busy = answer.status == 408 || answer.status == 429 || answer.status > 500;
    if (is_busy) {
      WaitAndRetry(now, entropy);
      return {};
    }
  }
  if (source == AnswerSource::kElsewhere || !is_list) {
    batch_limit_ = std::max<size_t>(1, numbers.size() / 2);
    return {};
  }
  batch_limit_ = std::min(kMaxBatchWrites, std::max(batch_limit_, numbers.size()) * 2);
  const uint32_t attempts = attempts_;
  for (size_t i = 0; i < numbers.size(); ++i) {
    attempts_ = std::min(attempts_, attempts);  // a batch is one attempt
    const Json& one = json[i];
    const Json* code = FindMember(one, "code");
    const bool is_refused = code != nullptr && code->is_number_integer();
    const UpstreamAnswer member{.status = is_refused ? code->get<int>() : 200,
                                .content_type = answer.content_type};
    CUE_TRY(Settle(numbers[i], member, one, now, entropy));
  }
  return {};
}

// The upstream is away or busy: everything waits.
void Outbox::WaitAndRetry(Timestamp now, const Entropy& entropy) {
  const int64_t delay = FullJitterMs(entropy, kResendBaseMs, kResendCapMs, attempts_++);
  resend_at_ = In(now, delay);
  Wake(delay);
}

// The write was sent alone, and failed. When another one has failed too since the last that
// passed, it is not this write's fault, and everything waits; otherwise only this one does.
void Outbox::Failed(LocalWrite& write, const UpstreamAnswer& answer, AnswerSource source,
                    Timestamp now, const Entropy& entropy) {
  const bool others_fail = std::ranges::any_of(writes_, [&write](const LocalWrite& other) {
    return other.failures > 0 && !other.was_passed && other.number != write.number;
  });
  ++write.failures;
  failed_last_ = write.number;
  const int64_t jitter = FullJitterMs(entropy, kResendBaseMs, kResendCapMs, write.failures - 1);
  write.again_at = In(now, kResendBaseMs + jitter);
  if (source == AnswerSource::kElsewhere) {
    write.detail = "something in front of the server answered in its place: " + Describe(answer);
    write.status = 0;
    if (write.was_passed && write.failures >= kBlockedAfter) return Block(write, now, entropy);
    intercepted_ = Describe(answer);
  }
  if (others_fail) WaitAndRetry(now, entropy);
}

// The upstream has answered this write itself.
void Outbox::Passed(LocalWrite& write) {
  write.failures = 0;
  write.was_passed = write.is_blocked = false;
  write.again_at.reset();
  if (!write.is_held) write.detail.clear();
  OnePassed();
}

// The upstream answers, so the writes that failed before are at fault themselves.
void Outbox::OnePassed() {
  attempts_ = 0;
  failed_last_ = 0;
  batch_limit_ = std::min(kMaxBatchWrites, std::max<size_t>(batch_limit_, 2));
  intercepted_.clear();
  for (LocalWrite& other : writes_) {
    if (other.failures > 0) other.was_passed = true;
  }
}

void Outbox::Block(LocalWrite& write, Timestamp now, const Entropy& entropy) {
  const uint32_t attempts = write.failures - kBlockedAfter;
  const int64_t jitter = FullJitterMs(entropy, kBlockedBaseMs, kBlockedCapMs, attempts);
  write.again_at = In(now, kBlockedBaseMs + jitter);
  if (write.is_blocked) return;
  write.is_blocked = true;
  NoteState(write);
  effects_->Outbox();
}

void Outbox::Become(LocalWrite& write, LocalWrite::State state) {
  CUE_ASSERT(MayBecome(write.state, state));
  write.state = state;
}

// Applies the answer to one write.
Result<void> Outbox::Settle(uint64_t number, const UpstreamAnswer& answer, const Json& json,
                            Timestamp now, const Entropy& entropy) {
  LocalWrite* const write = Find(number);
  if (write == nullptr) return {};  // settled meanwhile, because its row arrived in another way
  CUE_ASSERT(write->was_sent && write->state == LocalWrite::State::kQueued);
  const AnswerSource source = SourceOf(AskedBy(write->kind), answer, json);
  const int status = answer.status;
  Verdict verdict = Judge(write->kind, source, status, json);
  const bool is_own_failure = verdict == Verdict::kFailed && source == AnswerSource::kUpstream;
  if (is_own_failure && ++write->server_errors >= kMaxServerErrors) verdict = Verdict::kRefused;
  // The row is here, under way, or gone: repeated until one of them is certain.
  std::optional<Uuid> there;
  if (verdict == Verdict::kAlreadyThere && follows_) {
    there = UpstreamWithHashOf(*write);
    verdict = there ? Verdict::kDone : Verdict::kRetry;
  }
  if (verdict == Verdict::kFailed) {
    Failed(*write, answer, source, now, entropy);
    return {};
  }
  if (verdict == Verdict::kRetry) {
    WaitAndRetry(now, entropy);
    return {};
  }
  Passed(*write);
  if (verdict == Verdict::kHeld) {
    Hold(*write, json, now, entropy);
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
      CUE_TRY(RemovedUpstream(write->id));
      return Refuse(*write, status, "the event was deleted on the server");
    case Verdict::kRefused:
      CUE_TRY(TakeBack(*write));
      return Refuse(*write, status,
                    std::string(TextMember(json, "detail").substr(0, kMaxDetailBytes)));
    default:
      break;
  }
  if (write->kind == LocalWrite::Kind::kDispatch) {
    return there ? TookHash(*write, *there) : Delivered(*write, json);
  }
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

// The upstream's event with the hash is here already, so no row has to come.
Result<void> Outbox::TookHash(LocalWrite& write, const Uuid& id) {
  const uint64_t number = write.number;
  if (id != write.id) CUE_TRY(Rename(write.id, id));
  LocalWrite* const delivered = Find(number);
  Tell(*delivered, WriteOutcome::kConfirmed);
  Drop(number);
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
  if (write != nullptr && write->is_blocked) {
    write->again_at.reset();
    return {};
  }
  if (write != nullptr && write->is_held) {
    held_until_.reset();
    return {};
  }
  if (write == nullptr || write->state != LocalWrite::State::kRefused) {
    return Fail(ErrorCode::kNotFound,
                "outbox: no refused or blocked write has the number " + std::to_string(number));
  }
  CUE_TRY(Apply(*write));
  Become(*write, LocalWrite::State::kQueued);
  write->status = 0;
  write->detail.clear();
  write->server_errors = write->failures = 0;
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
  if (write->was_sent && (is_asked || !(write->is_held || write->is_blocked))) {
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
  // What a retried one replaced may be older than its event.
  if (discarded.was_sent && discarded.kind != LocalWrite::Kind::kDispatch) {
    questions_.rereads.push_back(discarded.id);
    assumed_.insert(discarded.id);
  }
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
