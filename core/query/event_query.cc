#include "query/event_query.h"

#include <algorithm>
#include <array>

#include "event/names.h"

namespace cuesheet {
namespace {

// One compiled query: list conditions on dictionary columns have become a byte per code.
class Matcher {
 public:
  Matcher(const EventQuery& query, const EventTable& table)
      : query_(query), table_(table), text_(query.text, table) {
    topics_ = Allow(table.topics(), [&query](std::string_view topic) {
      if (query.topics) {
        return std::ranges::any_of(*query.topics, [topic](const std::string& pattern) {
          return MatchesTopicPattern(topic, pattern);
        });
      }
      return query.include_logs || !topic.starts_with("log.");
    });
    projects_ = AllowListed(table.projects(), query.projects);
    users_ = AllowListed(table.users(), query.users);
    for (size_t i = 0; i < kEventStatusNames.size(); ++i) {
      statuses_[i] = !query.statuses || std::ranges::find(*query.statuses, kEventStatusNames[i]) !=
                                            query.statuses->end();
    }
  }

  bool Matches(Row row) const {
    return table_.IsLive(row) && Passes(topics_, table_.topics(), row) &&
           statuses_[static_cast<size_t>(table_.status(row))] &&
           (!query_.projects || Passes(projects_, table_.projects(), row)) &&
           (!query_.users || Passes(users_, table_.users(), row)) &&
           (!query_.older_than || table_.created_at(row) < *query_.older_than) &&
           (!query_.newer_than || table_.created_at(row) > *query_.newer_than) &&
           (!query_.has_children || table_.HasChildren(row) == *query_.has_children) &&
           text_.Matches(row) && (query_.where.empty() || query_.where.Matches(table_.View(row)));
  }

 private:
  template <typename Predicate>
  static std::vector<char> Allow(const DictionaryColumn& column, Predicate allows) {
    std::vector<char> allowed(column.words().size());
    for (uint32_t code = 0; code < allowed.size(); ++code) {
      allowed[code] = allows(column.words().text(code)) ? 1 : 0;
    }
    return allowed;
  }
  static std::vector<char> AllowListed(const DictionaryColumn& column,
                                       const std::optional<std::vector<std::string>>& names) {
    if (!names) return {};
    std::vector<char> allowed(column.words().size());
    for (const std::string& name : *names) {
      const uint32_t code = column.words().Find(name);
      if (code != Interner::kNone) allowed[code] = 1;
    }
    return allowed;
  }
  static bool Passes(const std::vector<char>& allowed, const DictionaryColumn& column, Row row) {
    const uint32_t code = column.code(row);
    return code != DictionaryColumn::kNull && allowed[code] != 0;
  }

  const EventQuery& query_;
  const EventTable& table_;
  TextMatcher text_;
  std::vector<char> topics_, projects_, users_;
  std::array<bool, kEventStatusNames.size()> statuses_{};
};

bool InRange(const EventQuery& query, int64_t creation_order) {
  const auto order = static_cast<double>(creation_order);
  // `before` wins over `after` (protocol.md 6.5).
  if (query.before) return order < *query.before;
  return !query.after || order > *query.after;
}

std::vector<Row> RowsByIds(const EventTable& table, const EventQuery& query) {
  std::vector<Row> rows;
  for (const Uuid& id : *query.ids) {
    const Row row = table.FindById(id);
    if (row != kNoRow && InRange(query, table.creation_order(row))) rows.push_back(row);
  }
  std::ranges::sort(rows, {}, [&table](Row row) { return table.creation_order(row); });
  const auto repeated = std::ranges::unique(rows);
  rows.erase(repeated.begin(), repeated.end());
  return rows;
}

// Takes matching rows from the end (newest first) or the front until the page is full.
void Collect(std::span<const Row> candidates, bool newest_first, size_t limit,
             const Matcher& matcher, std::vector<Row>& rows) {
  for (size_t i = 0; i < candidates.size() && rows.size() < limit; ++i) {
    const Row row = candidates[newest_first ? candidates.size() - 1 - i : i];
    if (matcher.Matches(row)) rows.push_back(row);
  }
}

}  // namespace

EventPage RunQuery(const EventTable& table, const EventQuery& query) {
  const int64_t size = query.first ? *query.first : query.last.value_or(kDefaultPageSize);
  const auto limit = static_cast<size_t>(size == 0 ? kZeroPageSize : size);
  const Matcher matcher(query, table);
  EventPage page;
  if (query.ids) {
    Collect(RowsByIds(table, query), query.newest_first(), limit, matcher, page.rows);
  } else {
    std::span<const Row> range = table.order();
    if (query.before) {
      range = range.first(table.OrderLowerBound(*query.before));
    } else if (query.after) {
      range = range.subspan(table.OrderUpperBound(*query.after));
    }
    Collect(range, query.newest_first(), limit, matcher, page.rows);
  }
  const auto count = static_cast<int64_t>(page.rows.size());
  if (query.first.value_or(0) != 0) {
    page.has_next = count >= *query.first;
  } else if (!query.first && query.last.value_or(0) != 0) {
    page.has_previous = count >= *query.last;
  }
  return page;
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
