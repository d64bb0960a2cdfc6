#include "query/event_query.h"

#include "query/event_matcher.h"

namespace cuesheet {

bool EventQuery::IsUnconditional() const {
  return !ids && !topics && !projects && !users && !statuses && !has_children && !older_than &&
         !newer_than && text.empty() && where.empty() && !after && !before;
}

size_t EventQuery::PageLimit() const {
  const int64_t size = first ? *first : last.value_or(kDefaultPageSize);
  return static_cast<size_t>(size == 0 ? kZeroPageSize : size);
}

OrderRange EventQuery::Range() const {
  OrderRange range{.newest_first = newest_first()};
  if (before) {
    range.before = *before;
  } else if (after) {
    range.after = *after;
  }
  return range;
}

EventPage PageOf(std::vector<Row> rows, const EventQuery& query) {
  const auto count = static_cast<int64_t>(rows.size());
  EventPage page{.rows = std::move(rows)};
  if (query.first.value_or(0) != 0) {
    page.has_next = count >= *query.first;
  } else if (!query.first && query.last.value_or(0) != 0) {
    page.has_previous = count >= *query.last;
  }
  return page;
}

EventPage RunQuery(const EventTable& table, const EventQuery& query) {
  std::vector<Row> rows;
  const size_t limit = query.PageLimit();
  EventMatcher(query, table).VisitMatches([&](Row row) {
    rows.push_back(row);
    return rows.size() < limit;
  });
  return PageOf(std::move(rows), query);
}

void AppendPageInfo(std::string& out, const EventTable& table, const EventQuery& query,
                    const EventPage& page) {
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  const auto cursor = [&table](Row row) { return '"' + CursorOf(table.creation_order(row)) + '"'; };
  std::string start = "null";
  std::string end = "null";
  if (!page.rows.empty()) {
    end = cursor(page.rows.back());
    const bool only_last = query.newest_first() && !query.first;
    start = only_last ? end : cursor(page.rows.front());
  }
  out += std::string(R"({"hasNextPage":)") + flag(page.has_next) + R"(,"hasPreviousPage":)" +
         flag(page.has_previous) + R"(,"startCursor":)" + start + R"(,"endCursor":)" + end + '}';
}

}  // namespace cuesheet
