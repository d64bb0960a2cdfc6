// AYON's `events` query: conditions joined by AND, and one page of what matches in creation order
// (protocol.md 6.3-6.5, 17.1, 17.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"
#include "event/codec.h"
#include "query/query_filter.h"
#include "query/text_filter.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr int64_t kDefaultPageSize = 100;
inline constexpr int64_t kZeroPageSize = 1000;  // what a page size of 0 means
inline constexpr int64_t kMaxPageSize = 100'000;
inline constexpr size_t kMaxListItems = 10'000;  // ids, topics, projects, users, statuses

struct EventQuery {
  std::optional<std::vector<Uuid>> ids;
  std::optional<std::vector<std::string>> topics;  // patterns
  std::optional<std::vector<std::string>> projects;
  std::optional<std::vector<std::string>> users;
  std::optional<std::vector<std::string>> statuses;
  std::optional<bool> has_children;
  std::optional<Timestamp> older_than;  // strictly, by creation time
  std::optional<Timestamp> newer_than;
  TextFilter text;
  QueryFilter where;          // an addition to AYON's arguments: any condition of protocol.md 7
  bool include_logs = false;  // `log.*` is left out unless this or `topics` is given

  std::optional<int64_t> first;
  std::optional<int64_t> last;  // not zero: newest first
  std::optional<double> after;  // creation orders, from cursors
  std::optional<double> before;
  // How many matches to skip first, in the query's direction; an addition to AYON's arguments.
  size_t offset = 0;

  // From the JSON of the GraphQL arguments; null members count as absent. kInvalid: AYON answers
  // with extensions.status 400. kBadValue: only AYON's database refuses the value.
  static Result<EventQuery> Parse(const Json& arguments);

  bool newest_first() const { return last.value_or(0) != 0; }
  // True when it matches every event (except logs, see include_logs).
  bool IsUnconditional() const;
  // The highest number of rows on a page.
  size_t PageLimit() const;
  // The range between the cursors, in the query's direction; `before` takes precedence over `after`
  // (protocol.md 6.5).
  OrderRange Range() const;
};

struct EventPage {
  std::vector<Row> rows;  // as ordered: newest first with `last`, never reversed
  bool has_next = false;
  bool has_previous = false;
};

EventPage RunQuery(const EventTable& table, const EventQuery& query);

// The values behind pageInfo.
struct PageEnds {
  size_t count = 0;   // of the events of the page
  int64_t front = 0;  // creation order of the first of them, in the query's order
  int64_t back = 0;   // and of the last
};

PageEnds EndsOf(const EventTable& table, const EventPage& page);

// `{"hasNextPage":…,"hasPreviousPage":…,"startCursor":…,"endCursor":…}`; with `last` startCursor is
// the oldest edge's (protocol.md 17.4).
void AppendPageInfo(std::string& out, const EventQuery& query, const PageEnds& ends);

// "" = no cursor.
Result<std::optional<double>> ParseCursor(std::string_view cursor);

}  // namespace cuesheet
