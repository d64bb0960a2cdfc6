// Ledger: removals for the scope, and for more room.
#include "store/ledger.h"
#include "store/store_state.h"

namespace cuesheet {
namespace {

constexpr size_t kWalkedAtOnce = 1024;

int64_t CostOf(const EventTable& table, Row row) {
  return static_cast<int64_t>(table.TextBytes(row)) + kScopeRowBytes;
}

}  // namespace

void Ledger::SetScope(Scope scope) { state_.scope = std::move(scope); }

// A replica's provisional orders belong to events whose place is not known yet.
bool Ledger::IsPinned(Row row) const {
  return table_.creation_order(row) >= kFirstProvisionalOrder || pinned_.contains(table_.id(row));
}

// Oldest first; an event with children is removed after them. `wants(row)` may answer differently
// as events are removed.
size_t Ledger::RemoveOldest(size_t limit, const std::function<bool(Row)>& wants) {
  size_t removed = 0;
  std::vector<Row> rows;
  OrderRange range;
  do {
    rows.clear();
    table_.VisitRange(range, [&](Row row) {
      rows.push_back(row);
      return rows.size() < kWalkedAtOnce;
    });
    if (!rows.empty()) range.after = static_cast<double>(table_.creation_order(rows.back()));
    for (Row row : rows) {
      while (row != kNoRow && table_.IsLive(row) && !table_.HasChildren(row) && !IsPinned(row) &&
             removed < limit && wants(row)) {
        const Row parent = table_.Parent(row);
        const bool had_its_turn =
            parent != kNoRow && table_.creation_order(parent) < table_.creation_order(row);
        RemoveRow(row);
        ++removed;
        row = had_its_turn ? parent : kNoRow;
      }
    }
  } while (rows.size() == kWalkedAtOnce && removed < limit);
  return removed;
}

Result<Ledger::Retained> Ledger::Retain(RetainRequest request, Timestamp now) {
  CUE_TRY(CheckWritable());
  if (request.scope) SetScope(*std::move(request.scope));
  Retained out{};
  const size_t most = state_.memory.Removals(kMaxRetired);
  const auto note = [&out, most](size_t removed) {
    out.removed += removed;
    out.more |= removed >= most;
  };
  if (!request.rules.empty()) {
    CUE_ASSIGN(const size_t removed, Retain(request.rules, now));
    note(removed);
  }
  CUE_ASSIGN(const size_t removed, RetainScope(now));
  note(removed);
  if (request.make_room) {
    CUE_ASSIGN(const size_t room, MakeRoom());
    out.removed += room;
  }
  return out;
}

Result<size_t> Ledger::RetainScope(Timestamp now) {
  CUE_TRY(CheckWritable());
  if (!state_.scope) return 0;
  const Scope& scope = *state_.scope;
  const size_t most = state_.memory.Removals(kMaxRetired);
  size_t removed = 0;
  if (scope.topics || scope.projects || scope.max_age_seconds) {
    const ScopeMatcher matcher(scope, table_);
    removed = RemoveOldest(most, [&](Row row) {
      if (!matcher.Covers(row)) return true;
      return scope.max_age_seconds &&
             now.us - table_.updated_at(row).us > *scope.max_age_seconds * 1'000'000;
    });
  }
  if (!scope.max_events && !scope.max_bytes) return removed;
  int64_t bytes = 0;
  for (Row row = 0; scope.max_bytes && row < table_.row_limit(); ++row) {
    if (table_.IsLive(row)) bytes += CostOf(table_, row);
  }
  return removed + RemoveOldest(most - removed, [&](Row row) {
           const auto events = static_cast<int64_t>(table_.size());
           const bool is_over = (scope.max_events && events > *scope.max_events) ||
                                (scope.max_bytes && bytes > *scope.max_bytes);
           if (is_over && scope.max_bytes) bytes -= CostOf(table_, row);
           return is_over;
         });
}

Result<size_t> Ledger::MakeRoom() {
  CUE_TRY(CheckWritable());
  const size_t tenth = (table_.size() + 9) / 10;
  const size_t most = state_.memory.Removals(kMaxRoomEvents);
  return RemoveOldest(std::min(tenth, most), [](Row) { return true; });
}

}  // namespace cuesheet
