// Reader: what is asked, and when.
#include "replica/reader.h"

#include <algorithm>
#include <utility>

namespace cuesheet {
namespace {

constexpr std::string_view kReadQuery =
    "query Read($first:Int,$last:Int,$after:String,$before:String,$ids:[String!],"
    "$statuses:[String!],$topics:[String!]){events(first:$first,last:$last,after:$after,"
    "before:$before,ids:$ids,statuses:$statuses,topics:$topics,includeLogs:true){edges{cursor "
    "node{id hash topic sender project user dependsOn status retries description summary createdAt "
    "updatedAt";

Timestamp In(Timestamp now, int64_t delay_ms) { return {now.us + delay_ms * 1000}; }

// The beginning of the variables of a page, newest first (`last`) or oldest first (`first`).
std::string PageOf(std::string_view way) {
  return "{\"" + std::string(way) + "\":" + std::to_string(kReadPageSize);
}

bool IsDue(const std::optional<Timestamp>& at, Timestamp now) { return at && at->us <= now.us; }

}  // namespace

Result<void> Reader::Begin(Timestamp now) {
  CUE_ASSIGN(const auto known, outbox_->reading());
  kind_ = Kind::kNone;
  if (!saved_ && known) position_ = *(saved_ = known);
  rereads_.clear();
  confirms_.clear();
  QueueOpenJobs();
  outbox_->RereadDelivered();
  newest_wanted_ = !saved_;
  walk_.reset();
  if (saved_) WantWalk(OverlapStart());
  may_query_ = true;
  changes_wanted_ = saved_.has_value();
  page_ = 0;
  open_before_.clear();
  replaced_wanted_ = saved_.has_value();
  changes_at_ = In(now, kChangesEveryMs);
  sweep_at_ = now;
  history_at_.reset();
  recent_before_ = 0;
  swept_recent_ = 0;
  sweeps_at_once_ = kRecentEvents / kRereadBatch;
  return {};
}

void Reader::Follow(bool follows) {
  if (follows && !follows_) {
    rereads_.clear();
    walk_.reset();
    newest_wanted_ = changes_wanted_ = replaced_wanted_ = false;
    kind_ = Kind::kNone;
  }
  follows_ = follows;
}

void Reader::Look(std::span<const Uuid> ids, bool walk) {
  for (const Uuid& id : ids) QueueReread(id);
  if (walk && !follows_) WantWalk(OverlapStart());
}

void Reader::WantWalk(int64_t after) {
  walk_ = std::min(walk_.value_or(after), after);
  is_walk_new_ = true;
}

void Reader::QueueReread(const Uuid& id) {
  if (rereads_.size() < kMaxRereads && std::ranges::find(rereads_, id) == rereads_.end()) {
    rereads_.push_back(id);
  }
}

// After a disconnect the jobs known to be open are read again: their updates may have been missed.
void Reader::QueueOpenJobs() {
  const EventTable& table = store_->table();
  table.VisitRange({.newest_first = true}, [&](Row row) {
    if (!IsFinal(table.status(row))) rereads_.push_back(table.id(row));
    return rereads_.size() < kMaxRereads;
  });
}

// By the times of the events themselves: the upstream's clock.
int64_t Reader::OverlapStart() const {
  const EventTable& table = store_->table();
  int64_t start = std::max<int64_t>(0, position_.walked_to - kOverlapNumbers);
  std::optional<Timestamp> newest;
  size_t visited = 0;
  const OrderRange range{.before = static_cast<double>(position_.walked_to + 1),
                         .newest_first = true};
  table.VisitRange(range, [&](Row row) {
    if (!newest) newest = table.created_at(row);
    start = std::min(start, table.creation_order(row));
    const bool is_recent = newest->us - table.created_at(row).us < kOverlapMs * 1000;
    return is_recent && ++visited < kMaxOverlapEvents;
  });
  return start;
}

Timestamp Reader::NewestUpdate() const {
  const EventTable& table = store_->table();
  Timestamp newest{};
  for (Row row = 0; row < table.row_limit(); ++row) {
    if (!table.IsLive(row) || table.creation_order(row) >= kFirstProvisionalOrder) continue;
    if (newest < table.updated_at(row)) newest = table.updated_at(row);
  }
  return newest;
}

bool Reader::has_urgent() const {
  return !rereads_.empty() || walk_ || newest_wanted_ || changes_wanted_;
}

// Not while a request is under way: what was heard since it was asked counts for its answer.
void Reader::ForgetHeard(Timestamp now) {
  if (!IsDue(heard_until_, now)) return;
  const bool is_long_ago = heard_until_->us + kMessageGraceMs * 1000 <= now.us;
  heard_before_ = std::exchange(heard_, {});
  if (is_long_ago) heard_before_.clear();
  heard_until_.reset();
  if (!heard_before_.empty()) heard_until_ = In(now, kMessageGraceMs);
}

std::optional<Reader::Request> Reader::NextUrgent(Timestamp now) {
  ForgetHeard(now);
  if (newest_wanted_) return Ask(Kind::kNewest, PageOf("last") + '}');
  if (walk_) {
    if (std::exchange(is_walk_new_, false)) walk_number_ = outbox_->RereadBegins();
    std::string variables = PageOf("first");
    if (*walk_ > 0) variables += R"(,"after":")" + CursorOf(*walk_) + '"';
    return Ask(Kind::kWalk, variables + '}');
  }
  if (IsDue(later_at_, now)) {
    for (const Uuid& id : later_) QueueReread(id);
    later_.clear();
    later_at_.reset();
  }
  if (!rereads_.empty()) {
    reread_ = outbox_->RereadBegins();
    reading_.clear();
    for (; !rereads_.empty() && reading_.size() < kRereadBatch; rereads_.pop_front()) {
      reading_.push_back(rereads_.front());
    }
    return AskIds(Kind::kReread);
  }
  if (changes_wanted_) return AskChanges();
  return std::nullopt;
}

std::optional<Reader::Request> Reader::NextInBackground(Timestamp now) {
  if (follows_) return std::nullopt;
  if (IsDue(overlap_at_, now)) {
    overlap_at_.reset();
    if (overlap_until_ && now < *overlap_until_) overlap_at_ = In(now, kOverlapEveryMs);
    WantWalk(OverlapStart());
    return NextUrgent(now);
  }
  if (IsDue(later_at_, now)) return NextUrgent(now);
  if (IsDue(changes_at_, now)) {
    changes_at_ = In(now, kChangesEveryMs);
    changes_wanted_ = replaced_wanted_ = true;
    WantWalk(OverlapStart());
    return NextUrgent(now);
  }
  if (replaced_wanted_) {
    return Ask(Kind::kReplaced,
               PageOf("last") + R"(,"topics":["addon.install","server.restart_required"]})");
  }
  if (IsDue(missing_at_, now)) {
    confirms_.insert(confirms_.end(), missing_before_.begin(), missing_before_.end());
    missing_before_ = std::exchange(missing_, {});
    missing_at_.reset();
    if (!missing_before_.empty()) missing_at_ = In(now, kMissingAgainMs);
  }
  if (!confirms_.empty()) {
    kind_ = Kind::kConfirm;
    reading_.assign(1, confirms_.front());
    confirms_.pop_front();
    return Request{"GET", "/api/events/" + reading_.front().Hex(), {}};
  }
  if (position_.floor > 1 && (!history_at_ || IsDue(history_at_, now))) {
    history_at_.reset();
    return Ask(Kind::kHistory,
               PageOf("last") + R"(,"before":")" + CursorOf(position_.floor) + "\"}");
  }
  if (IsDue(sweep_at_, now)) {
    if (sweeps_at_once_ > 0) {
      --sweeps_at_once_;
    } else {
      sweep_at_ = In(now, kSweepEveryMs);
    }
    PickSweep();
    if (!reading_.empty()) return AskIds(Kind::kSweep);
  }
  return std::nullopt;
}

std::optional<Timestamp> Reader::due() const {
  if (follows_) return std::nullopt;
  std::optional<Timestamp> next;
  for (const auto& at :
       {later_at_, overlap_at_, changes_at_, missing_at_, sweep_at_, history_at_}) {
    if (at && (!next || *at < *next)) next = at;
  }
  const bool reads_history = position_.floor > 1 && !history_at_;
  const bool has_work = replaced_wanted_ || !confirms_.empty() || reads_history;
  return has_work ? Timestamp{} : next;
}

std::optional<double> Reader::history() const {
  if (follows_ || position_.floor <= 1 || position_.walked_to <= 0) return std::nullopt;
  return 1 - static_cast<double>(position_.floor) / static_cast<double>(position_.walked_to + 1);
}

// `variables` is JSON, as is all of a body.
Reader::Request Reader::Ask(Kind kind, const std::string& variables) {
  kind_ = kind;
  const std::string_view end = payloads_ == Payloads::kWithEvents ? " payload}}}}" : "}}}}";
  return {"POST", "/graphql",
          R"({"query":")" + std::string(kReadQuery) + std::string(end) + R"(","variables":)" +
              variables + '}'};
}

Reader::Request Reader::AskIds(Kind kind) {
  found_.clear();
  std::string ids;
  for (const Uuid& id : reading_) ids += (ids.empty() ? "\"" : ",\"") + id.Hex() + '"';
  return Ask(kind, R"({"first":)" + std::to_string(reading_.size()) + R"(,"ids":[)" + ids + "]}");
}

// An admin may ask by time, the newest event first; below a number that is fixed, so that pages do
// not move. Others ask for the jobs that are open.
Reader::Request Reader::AskChanges() {
  if (!may_query_) {
    std::string variables = PageOf("last") + R"(,"statuses":["pending","in_progress","restarted"])";
    if (!open_before_.empty()) variables += R"(,"before":")" + open_before_ + '"';
    return Ask(Kind::kOpen, variables + '}');
  }
  if (page_ == 0) {
    changes_below_ = position_.walked_to;
    changes_mark_ = NewestUpdate();
  }
  kind_ = Kind::kChanges;
  const Timestamp since{position_.changes.us - kClockToleranceMs * 1000};
  const std::string filter = R"({"conditions":[{"key":"updatedAt","operator":"gte","value":")" +
                             since.Iso() +
                             R"("},{"key":"creation_order","operator":"lte","value":)" +
                             std::to_string(changes_below_) + R"(}],"operator":"and"})";
  return {"POST", "/api/query",
          R"({"entity":"event","filter":)" + filter + R"(,"limit":)" +
              std::to_string(kChangesPageSize) + R"(,"offset":)" +
              std::to_string(page_ * kChangesPageSize) + '}'};
}

// The next events to be looked at: the newest ones and all of them take turns.
void Reader::PickSweep() {
  sweeps_recent_ = sweeps_at_once_ > 0 || !sweeps_recent_;
  double& before = sweeps_recent_ ? recent_before_ : sweep_before_;
  const EventTable& table = store_->table();
  reading_.clear();
  OrderRange range{.newest_first = true};
  if (before > 0) range.before = before;
  table.VisitRange(range, [&](Row row) {
    before = static_cast<double>(table.creation_order(row));
    const bool is_shown = hidden_until_ < table.updated_at(row);
    if (is_shown && !outbox_->HasDispatch(table.id(row))) reading_.push_back(table.id(row));
    return reading_.size() < kRereadBatch;
  });
  if (sweeps_recent_) swept_recent_ += kRereadBatch;
  const bool is_over = sweeps_recent_ && swept_recent_ >= kRecentEvents;
  if (reading_.size() < kRereadBatch || is_over) {
    before = 0;
    if (sweeps_recent_) sweeps_at_once_ = swept_recent_ = 0;
  }
}

}  // namespace cuesheet
