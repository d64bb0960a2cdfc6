#include "query/live_queries.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace cuesheet {
namespace {

// A longer stretch of changed rows becomes removals and insertions without moves, because finding a
// move costs a search of the stretch for each row.
constexpr size_t kMaxMoves = 1000;

void AppendPatch(std::string& out, std::string_view op, size_t at) {
  if (out.back() != '[') out += ',';
  out += R"({"op":")";
  out += op;
  out += R"(","at":)" + std::to_string(at);
}

}  // namespace

LiveQuery::LiveQuery(EventQuery query, EventForm form, const EventTable& table)
    : query_(std::move(query)),
      form_(form),
      table_(table),
      matcher_(query_, table),
      range_(query_.Range()),
      limit_(query_.PageLimit()) {
  if (query_.offset > 0) PassOver(query_.offset);
  Scan();
}

// Begins the page after this many matches, or after the last one when there are fewer.
void LiveQuery::PassOver(size_t count) {
  std::optional<int64_t> last;
  matcher_.VisitMatches(range_, [&](Row row) {
    last = table_.creation_order(row);
    return --count > 0;
  });
  if (!last) return;
  (range_.newest_first ? range_.before : range_.after) = static_cast<double>(*last);
}

void LiveQuery::Scan() {
  matches_.clear();
  covered_until_.reset();
  matcher_.VisitMatches(range_, [this](Row row) {
    matches_.push_back(EntryOf(row, table_.creation_order(row)));
    if (matches_.size() < limit_ + SpareRows()) return true;
    covered_until_ = matches_.back();
    return false;
  });
}

void LiveQuery::RowLeaves(Row row, int64_t order) {
  const auto at = Find(EntryOf(row, order));
  if (at == matches_.end()) return;
  matches_.erase(at);
  is_touched_ = true;
}

void LiveQuery::RowEnters(Row row, int64_t order) {
  // A cold payload cannot be read in the middle of a change. Refresh() checks the row later, when
  // the host has loaded the file.
  if (matcher_.reads_payloads() && table_.payloads().IsCold(table_.payload_ref(row))) {
    is_stale_ = is_touched_ = true;
    return;
  }
  const Entry entry = EntryOf(row, order);
  const auto place = static_cast<double>(order);
  if (!IsCovered(entry) || place <= range_.after || place >= range_.before) return;
  if (!matcher_.Matches(row)) return;
  const auto at = std::lower_bound(matches_.begin(), matches_.end(), entry);
  if (at != matches_.end() && *at == entry) return;
  matches_.insert(at, entry);
  is_touched_ = true;
  if (matches_.size() > limit_ + 2 * SpareRows()) TrimSpare();
}

void LiveQuery::RowShowsChange(Row row, int64_t order) {
  const auto at = Find(EntryOf(row, order));
  if (at == matches_.end()) return;
  at->is_told = false;
  is_touched_ = true;
}

void LiveQuery::AppendPage(std::string& out, const AppendRow& append_row) {
  Refill();
  out += R"({"events":[)";
  told_.clear();
  for (size_t i = 0; i < PageSize(); ++i) {
    const Row row = RowOf(matches_[i]);
    if (i > 0) out += ',';
    append_row(out, row, form_);
    matches_[i].is_told = true;
    told_.push_back(table_.id(row));
  }
  out += "],";
  AppendInfo(out);
  out += '}';
  is_touched_ = false;
}

bool LiveQuery::AppendPatches(std::string& out, const AppendRow& append_row) {
  is_touched_ = false;
  Refill();
  const size_t start = out.size();
  out += R"("patches":[)";
  size_t from = 0;  // before this place no row came, went or moved
  while (from < told_.size() && from < PageSize() &&
         told_[from] == table_.id(RowOf(matches_[from]))) {
    ++from;
  }
  const bool is_same = from == told_.size() && from == PageSize();
  const size_t patches = is_same ? 0 : AppendListPatches(out, from, append_row);
  size_t updates = 0;
  for (size_t i = 0; i < PageSize(); ++i) {
    if (matches_[i].is_told) continue;
    matches_[i].is_told = true;
    AppendPatch(out, "update", i);
    out += R"(,"event":)";
    append_row(out, RowOf(matches_[i]), form_);
    out += '}';
    ++updates;
  }
  if (patches + updates == 0) {
    out.resize(start);
    return false;
  }
  out += "],";
  AppendInfo(out);
  return true;
}

// Patches from this place on: removals, insertions, moves. Inserted rows count as sent. Returns the
// number of patches.
size_t LiveQuery::AppendListPatches(std::string& out, size_t from, const AppendRow& append_row) {
  std::vector<Uuid> ids;
  ids.reserve(PageSize());
  for (size_t i = 0; i < PageSize(); ++i) ids.push_back(table_.id(RowOf(matches_[i])));
  size_t same_end = 0;
  while (same_end < told_.size() - from && same_end < ids.size() - from &&
         told_[told_.size() - 1 - same_end] == ids[ids.size() - 1 - same_end]) {
    ++same_end;
  }
  std::vector<Uuid> page(told_.begin() + static_cast<std::ptrdiff_t>(from),
                         told_.end() - static_cast<std::ptrdiff_t>(same_end));
  const std::span<const Uuid> wanted = std::span(ids).subspan(from, ids.size() - same_end - from);
  // The ends that are equal were cut off above, so this is only the stretch that changed.
  const bool has_moves = page.size() <= kMaxMoves && wanted.size() <= kMaxMoves;
  const std::set<Uuid> kept(wanted.begin(), wanted.end());
  size_t patches = 0;
  for (size_t i = page.size(); i-- > 0;) {
    if (has_moves && kept.contains(page[i])) continue;
    AppendPatch(out, "remove", from + i);
    out += '}';
    page.erase(page.begin() + static_cast<std::ptrdiff_t>(i));
    ++patches;
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i < page.size() && page[i] == wanted[i]) continue;
    ++patches;
    const auto here = page.begin() + static_cast<std::ptrdiff_t>(i);
    const auto later = has_moves ? std::find(here, page.end(), wanted[i]) : page.end();
    if (later != page.end()) {
      AppendPatch(out, "move", from + i);
      out += R"(,"from":)" + std::to_string(from + static_cast<size_t>(later - page.begin())) + '}';
      std::rotate(here, later, later + 1);
      continue;
    }
    AppendPatch(out, "insert", from + i);
    out += R"(,"event":)";
    append_row(out, RowOf(matches_[from + i]), form_);
    out += '}';
    matches_[from + i].is_told = true;
    if (has_moves) page.insert(here, wanted[i]);
  }
  told_ = std::move(ids);
  return patches;
}

LiveQuery::Entry LiveQuery::EntryOf(Row row, int64_t order) const {
  // Negated for newest first, so that one comparison serves both directions.
  return range_.newest_first ? Entry{-order, ~row} : Entry{order, row};
}

// Most changed events are newer or older than the whole page, so the ends are compared first.
std::vector<LiveQuery::Entry>::iterator LiveQuery::Find(const Entry& entry) {
  if (matches_.empty() || entry < matches_.front() || matches_.back() < entry) {
    return matches_.end();
  }
  const auto at = std::lower_bound(matches_.begin(), matches_.end(), entry);
  return *at == entry ? at : matches_.end();
}

Row LiveQuery::RowOf(const Entry& entry) const {
  return range_.newest_first ? ~entry.number : entry.number;
}

bool LiveQuery::IsCovered(const Entry& entry) const {
  return !covered_until_ || !(*covered_until_ < entry);
}

void LiveQuery::Refresh() {
  if (!is_stale_) return;
  const std::vector<Entry> before = std::exchange(matches_, {});
  Scan();
  // A row that did not change in between was sent before.
  for (Entry& entry : matches_) {
    const auto at = std::lower_bound(before.begin(), before.end(), entry);
    entry.is_told = at != before.end() && *at == entry && at->is_told;
  }
}

bool LiveQuery::IsCoveredFrom(int64_t order) const {
  return range_.newest_first && covered_until_ && -covered_until_->order >= order;
}

size_t LiveQuery::PageSize() const { return std::min(matches_.size(), limit_); }

// Looks for more matches when the present ones do not fill the page.
void LiveQuery::Refill() {
  if (!covered_until_ || matches_.size() >= limit_) return;
  const Entry from = *std::exchange(covered_until_, std::nullopt);
  OrderRange range = range_;
  // Includes the order of the last match, because several rows may share it.
  if (range.newest_first) {
    range.before = std::min(range.before, static_cast<double>(-from.order) + 1);
  } else {
    range.after = std::max(range.after, static_cast<double>(from.order) - 1);
  }
  matcher_.VisitMatches(range, [&](Row row) {
    const Entry entry = EntryOf(row, table_.creation_order(row));
    if (!(from < entry)) return true;
    matches_.push_back(entry);
    if (matches_.size() < limit_ + SpareRows()) return true;
    covered_until_ = entry;
    return false;
  });
}

void LiveQuery::TrimSpare() {
  matches_.erase(matches_.begin() + static_cast<std::ptrdiff_t>(limit_ + SpareRows()),
                 matches_.end());
  covered_until_ = matches_.back();
}

void LiveQuery::AppendInfo(std::string& out) const {
  const size_t size = PageSize();
  PageEnds ends{.count = size};
  if (size > 0) {
    ends.front = table_.creation_order(RowOf(matches_[0]));
    ends.back = table_.creation_order(RowOf(matches_[size - 1]));
  }
  out += R"("pageInfo":)";
  AppendPageInfo(out, query_, ends);
}

Result<LiveQuery*> LiveQueries::Open(uint32_t live, EventQuery query, EventForm form) {
  const auto is_it = [live](const Opened& opened) { return opened.live == live; };
  if (std::ranges::any_of(open_, is_it)) {
    return Fail(ErrorCode::kConflict, "live: the number " + std::to_string(live) + " is in use");
  }
  if (open_.size() == kMaxLiveQueries) {
    return Fail(ErrorCode::kTooLarge, "more than " + std::to_string(kMaxLiveQueries) +
                                          " live queries are open: close some");
  }
  open_.push_back({live, std::make_unique<LiveQuery>(std::move(query), form, table_)});
  return open_.back().query.get();
}

void LiveQueries::Close(uint32_t live) {
  std::erase_if(open_, [live](const Opened& opened) { return opened.live == live; });
}

void LiveQueries::Refresh() {
  for (const auto& [live, query] : open_) query->Refresh();
}

void LiveQueries::EndRefresh() {
  for (const auto& [live, query] : open_) query->EndRefresh();
}

void LiveQueries::TakePatches(std::string& out, const LiveQuery::AppendRow& append_row) {
  for (const auto& [live, query] : open_) {
    if (!query->is_touched()) continue;
    const size_t start = out.size();
    out += R"({"live":)" + std::to_string(live) + ',';
    if (query->AppendPatches(out, append_row)) {
      out += "}\n";
    } else {
      out.resize(start);
    }
  }
}

void LiveQueries::RowLeaves(Row row) {
  const int64_t order = table_.creation_order(row);
  for (const auto& [live, query] : open_) query->RowLeaves(row, order);
}

void LiveQueries::RowEnters(Row row) {
  const int64_t order = table_.creation_order(row);
  for (const auto& [live, query] : open_) query->RowEnters(row, order);
}

void LiveQueries::RowShowsChange(Row row) {
  const int64_t order = table_.creation_order(row);
  for (const auto& [live, query] : open_) query->RowShowsChange(row, order);
}

}  // namespace cuesheet
