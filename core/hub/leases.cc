#include "hub/leases.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"
#include "base/utf8.h"
#include "event/status.h"

namespace cuesheet {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr size_t kMaxShownName = 100;  // bytes of a name in a sentence

std::string Quoted(std::string_view name) {
  size_t size = 0;
  while (size < name.size() && size < kMaxShownName) size = NextChar(name, size);
  return "'" + std::string(name.substr(0, size)) + (size < name.size() ? "…'" : "'");
}

// JSON has signed numbers of 64 bits.
int64_t Signed(uint64_t checksum) { return std::bit_cast<int64_t>(checksum); }

std::optional<int64_t> Number(const Json* value) {
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<int64_t>();
}

}  // namespace

Leases::Leases(const StoreView* store, Ledger* ledger, Lifecycle* files)
    : store_(store), ledger_(ledger), file_(files->env(), kLeasesPrefix) {
  files->Join(&file_);
}

Result<void> Leases::Open() {
  if (is_open_) return {};
  CUE_ASSIGN(const std::vector<std::string> notes, file_.Open());
  is_open_ = true;
  rewritten_bytes_ = file_.bytes();
  for (const std::string& note : notes) TakeNote(ParseJson(note).value_or(Json()));
  return {};
}

void Leases::Tick(Timestamp now) {
  if (!store_->is_loaded() || !Open()) return;
  const bool was_away = !last_tick_ || now.us - last_tick_->us > kLeaseGapSeconds * kSecondUs;
  const bool was_set_back =
      last_tick_ && now.us < last_tick_->us - kLeaseClockSlackSeconds * kSecondUs;
  if (was_away) back_at_ = now.us;
  if (was_set_back) back_at_ = 0;  // no time of the other clock counts
  last_tick_ = now;
  if (now.us < due_ && !was_set_back) return;
  due_ = kNever;
  changes_ = 0;
  for (auto at = leases_.begin(); at != leases_.end();) {
    const Row row = store_->table().FindById(at->first);
    const bool stays = row != kNoRow && Visit(at->first, at->second, row, now);
    at = stays ? std::next(at) : leases_.erase(at);
  }
}

bool Leases::Visit(const Uuid& job, Lease& lease, Row row, Timestamp now) {
  const EventTable& table = store_->table();
  const int64_t updated_at = table.updated_at(row).us;
  int64_t end = updated_at + lease.seconds * kSecondUs;
  const EventStatus status = table.status(row);
  if (!IsOpen(status)) {
    // A settled job that nobody has lost is only needed for as long as a late report may open it
    // again, which is a lease.
    const bool is_settled = IsFinal(status) && (status != EventStatus::kFailed ||
                                                table.retries(row) > lease.max_retries);
    if (!is_settled || !lease.former.empty()) return true;
    if (end > now.us) DueAt(end);
    return end > now.us;
  }
  if (!lease.holder || lease.seconds == 0) return true;
  if (changes_ == kMaxLeaseChanges) {
    due_ = now.us;
    return true;
  }
  if (updated_at > now.us + kLeaseClockSlackSeconds * kSecondUs) {
    // The clock was set back. Without this, nobody would get the job until it is as late again.
    const bool is_touched = ledger_->Update(job, {}, {}, now).has_value();
    changes_ = is_touched ? changes_ + 1 : kMaxLeaseChanges;
    DueAt(is_touched ? now.us + lease.seconds * kSecondUs : now.us);
    return true;
  }
  // With a retry left the job is for whoever asks.
  if (table.retries(row) <= lease.max_retries) return true;
  const int64_t grace = std::min(lease.seconds, kLeaseGraceSeconds) * kSecondUs;
  if (lease.spared_until > now.us + grace) {  // by a clock that was set back since
    lease.spared_until = now.us + grace;
    Write(job, &lease);
  }
  end = std::max(end, lease.spared_until);
  const bool was_away = updated_at < back_at_ && now.us - back_at_ < kLeaseGraceSeconds * kSecondUs;
  if (end <= now.us && was_away && lease.spared_until == 0) {
    end = lease.spared_until = now.us + grace;
    Write(job, &lease);
  }
  if (end > now.us) {
    DueAt(end);
    return true;
  }
  return End(job, lease, now);
}

bool Leases::End(const Uuid& job, Lease& lease, Timestamp now) {
  if (!ledger_->Abandon(job, lease.seconds, now)) {  // nothing can be written now
    changes_ = kMaxLeaseChanges;
    due_ = now.us;
    return true;
  }
  ++changes_;
  Lose(lease);
  Write(job, &lease);
  return true;
}

std::optional<int64_t> Leases::TakeWake(Timestamp now) {
  if (!Open() || leases_.empty() || due_ == kNever) return std::nullopt;
  const int64_t at = std::max(due_, now.us + kSecondUs);
  if (announced_ > now.us && announced_ <= at) return std::nullopt;
  announced_ = at;
  return (at - now.us + 999) / 1000;
}

std::optional<std::string> Leases::Refuse(const Uuid& job, std::string_view sender) {
  if (!Open()) return std::nullopt;
  const auto at = leases_.find(job);
  const Row row = store_->table().FindById(job);
  if (at == leases_.end() || row == kNoRow) return std::nullopt;
  const Lease& lease = at->second;
  const bool has_lost_it = std::ranges::find(lease.former, Checksum(sender)) != lease.former.end();
  if (!has_lost_it) return std::nullopt;
  const EventTable& table = store_->table();
  const EventStatus status = table.status(row);
  std::string since;
  if (IsFinal(status)) {
    since = "the job is " + std::string(EventStatusName(status)) + " now";
  } else if (!lease.holder) {
    // Somebody has opened the job again, and who had it last may go on.
    if (lease.former.back() == Checksum(sender)) return std::nullopt;
    since = "another worker has had it since";
  } else {
    const auto holder = table.senders().Get(row);
    const bool is_it = holder && Checksum(*holder) == *lease.holder;
    since = (is_it ? Quoted(*holder) : "another worker") + " has it now";
  }
  return "The lease of " + Quoted(sender) + " on this job has ended, and " + since +
         ": leave it alone, and ask for another job";
}

void Leases::Given(const Uuid& job, std::string_view sender, std::string_view user, int64_t seconds,
                   int64_t max_retries, Timestamp now) {
  auto at = leases_.find(job);
  const bool is_new = at == leases_.end();
  if (!is_open_ || (is_new && seconds == 0)) return;
  if (is_new && leases_.size() >= kMaxLeases) MakeRoom();
  if (is_new) at = leases_.try_emplace(job).first;
  Lease& lease = at->second;
  const uint64_t name = Checksum(sender);
  const auto known = std::tuple(lease.holder, lease.user, lease.seconds, lease.max_retries);
  // A worker without a lease knows of none, so it never loses one.
  if (lease.holder != name && lease.seconds > 0) Lose(lease);
  lease.holder = name;
  lease.user = Checksum(user);
  lease.seconds = seconds;
  lease.max_retries = max_retries;
  const bool had_lost = std::erase(lease.former, name) > 0;
  if (seconds == 0 && lease.former.empty()) {
    leases_.erase(at);
    return Write(job, nullptr);
  }
  const Row row = store_->table().FindById(job);
  const int64_t updated_at = row == kNoRow ? now.us : store_->table().updated_at(row).us;
  // One that is handed back may have been updated before the clock was set back; then Visit() is
  // due.
  DueAt(updated_at > now.us ? now.us : updated_at + seconds * kSecondUs);
  const auto given = std::tuple(lease.holder, lease.user, lease.seconds, lease.max_retries);
  if (had_lost || known != given) Write(job, &lease);
}

void Leases::Updated(const Uuid& job, std::optional<std::string_view> sender, std::string_view user,
                     EventStatus before) {
  const auto at = leases_.find(job);
  const Row row = store_->table().FindById(job);
  if (at == leases_.end() || row == kNoRow) return;
  Lease& lease = at->second;
  const std::optional<uint64_t> name = sender ? std::optional(Checksum(*sender)) : std::nullopt;
  if (!lease.holder) {
    if (!name || std::erase(lease.former, *name) == 0) return;
    lease.holder = name;
    lease.user = Checksum(user);
    return Write(job, &lease);
  }
  const EventStatus status = store_->table().status(row);
  const bool is_ended = IsFinal(status) && status != before;
  const bool is_another = name != lease.holder && Checksum(user) != lease.user;
  if (!is_ended || !is_another || lease.seconds == 0) return;
  Lose(lease);
  Write(job, &lease);
}

void Leases::Abandoned(const Uuid& job) {
  const auto at = leases_.find(job);
  if (at == leases_.end() || at->second.seconds == 0) return;
  Lose(at->second);
  Write(job, &at->second);
}

void Leases::Note(const Change& change) {
  if (leases_.empty()) return;
  const bool is_update = change.kind == ChangeKind::kUpdated;
  if (!is_update && change.kind != ChangeKind::kRemoved && change.kind != ChangeKind::kReplaced) {
    return;
  }
  const Uuid& job = change.kind == ChangeKind::kReplaced ? change.previous_id : change.event.id;
  const auto at = leases_.find(job);
  if (at == leases_.end()) return;
  if (!is_update) {
    leases_.erase(at);
    return Write(job, nullptr);
  }
  Lease& lease = at->second;
  DueAt(change.event.updated_at.us + lease.seconds * kSecondUs);
  if (lease.spared_until == 0) return;
  lease.spared_until = 0;
  Write(job, &lease);
}

// The holder becomes one of those who had the job.
void Leases::Lose(Lease& lease) {
  if (!lease.holder) return;
  if (lease.former.size() == kMaxFormerHolders) lease.former.erase(lease.former.begin());
  lease.former.push_back(*lease.holder);
  lease.holder.reset();
}

void Leases::MakeRoom() {
  std::vector<std::tuple<bool, int64_t, Uuid>> order;
  order.reserve(leases_.size());
  for (const auto& [job, lease] : leases_) {
    const Row row = store_->table().FindById(job);
    const bool is_there = row != kNoRow;
    order.emplace_back(is_there && IsOpen(store_->table().status(row)),
                       is_there ? store_->table().updated_at(row).us : 0, job);
  }
  const auto middle = order.begin() + static_cast<ptrdiff_t>(kMaxLeases / 10);
  std::ranges::nth_element(order, middle);
  for (auto it = order.begin(); it != middle; ++it) leases_.erase(std::get<Uuid>(*it));
  Rewrite();
}

void Leases::Write(const Uuid& job, const Lease* lease) {
  if (file_.bytes() > kLeaseFileBytes + 2 * rewritten_bytes_) return Rewrite();
  file_.Append(NoteOf(job, lease));
}

void Leases::Rewrite() {
  std::vector<std::string> notes;
  notes.reserve(leases_.size());
  for (const auto& [job, lease] : leases_) notes.push_back(NoteOf(job, &lease));
  file_.Rewrite(notes);
  rewritten_bytes_ = file_.bytes();
}

std::string Leases::NoteOf(const Uuid& job, const Lease* lease) {
  Json note = {{"id", job.Hex()}};
  if (lease != nullptr) {
    note["lease"] = lease->seconds;
    note["max"] = lease->max_retries;
    note["user"] = Signed(lease->user);
    if (lease->holder) note["holder"] = Signed(*lease->holder);
    for (const uint64_t name : lease->former) note["former"].push_back(Signed(name));
    if (lease->spared_until != 0) note["spared"] = lease->spared_until;
  }
  return CanonicalText(note);
}

void Leases::TakeNote(const Json& note) {
  const auto job = Uuid::Parse(TextMember(note, "id"));
  if (!job) return;  // of a later version
  const auto seconds = Number(FindMember(note, "lease"));
  if (!seconds) {
    leases_.erase(*job);
    return;
  }
  Lease lease;
  lease.seconds = std::clamp<int64_t>(*seconds, 0, kMaxEnrollSeconds);
  lease.max_retries = Number(FindMember(note, "max")).value_or(0);
  lease.user = std::bit_cast<uint64_t>(Number(FindMember(note, "user")).value_or(0));
  if (const auto holder = Number(FindMember(note, "holder"))) {
    lease.holder = std::bit_cast<uint64_t>(*holder);
  }
  if (const Json* former = FindMember(note, "former"); former != nullptr && former->is_array()) {
    for (const Json& name : *former) {
      const auto number = Number(&name);
      const bool fits = number && lease.former.size() < kMaxFormerHolders;
      if (fits) lease.former.push_back(std::bit_cast<uint64_t>(*number));
    }
  }
  lease.spared_until = Number(FindMember(note, "spared")).value_or(0);
  if (leases_.size() < kMaxLeases || leases_.contains(*job)) leases_[*job] = std::move(lease);
}

}  // namespace cuesheet
