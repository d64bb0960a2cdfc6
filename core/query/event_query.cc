#include "query/event_query.h"

#include "query/event_matcher.h"
#include "query/page_info.h"

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

namespace {

// The flags of protocol.md 6.5, for a page of `count` events.
bool HasNext(const EventQuery& query, size_t count) {
  return query.first.value_or(0) != 0 && count >= static_cast<size_t>(*query.first);
}

bool HasPrevious(const EventQuery& query, size_t count) {
  return !query.first && query.last.value_or(0) != 0 && count >= static_cast<size_t>(*query.last);
}

}  // namespace

EventPage RunQuery(const EventTable& table, const EventQuery& query) {
  EventPage page;
  const size_t limit = query.PageLimit();
  size_t passed = 0;
  EventMatcher(query, table).VisitMatches(query.Range(), [&](Row row) {
    if (passed++ < query.offset) return true;
    page.rows.push_back(row);
    return page.rows.size() < limit;
  });
  page.has_next = HasNext(query, page.rows.size());
  page.has_previous = HasPrevious(query, page.rows.size());
  return page;
}

PageEnds EndsOf(const EventTable& table, const EventPage& page) {
  if (page.rows.empty()) return {};
  return {.count = page.rows.size(),
          .front = table.creation_order(page.rows.front()),
          .back = table.creation_order(page.rows.back())};
}

PageInfo InfoOf(const EventQuery& query, const PageEnds& ends) {
  PageInfo info{.has_next = HasNext(query, ends.count),
                .has_previous = HasPrevious(query, ends.count)};
  if (ends.count == 0) return info;
  const bool only_last = query.newest_first() && !query.first;
  info.start = only_last ? ends.back : ends.front;
  info.end = ends.back;
  return info;
}

void AppendPageInfo(std::string& out, const EventQuery& query, const PageEnds& ends) {
  const PageInfo info = InfoOf(query, ends);
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  const auto cursor = [](std::optional<int64_t> order) {
    return order ? '"' + CursorOf(*order) + '"' : "null";
  };
  const auto add = [&out](std::string_view key, std::string_view value) {
    out += key;
    out += value;
  };
  add(R"({"hasNextPage":)", flag(info.has_next));
  add(R"(,"hasPreviousPage":)", flag(info.has_previous));
  add(R"(,"startCursor":)", cursor(info.start));
  add(R"(,"endCursor":)", cursor(info.end));
  out += '}';
}

}  // namespace cuesheet
