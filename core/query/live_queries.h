// Queries whose pages are kept up to date with the table and told as patches, once for each call of
// TakePatches, however often a row changed in between.
//
// A live query keeps its page and some matches behind it. A change that it cannot see costs it a
// comparison of creation orders and one look-up; a row that leaves is replaced by the next match
// without a new query until the matches behind the page are used up.
//
// The place of a page with an offset is found once, when the query is opened: what comes and goes
// in front of it does not shift it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "event/codec.h"
#include "query/event_matcher.h"
#include "query/event_query.h"

namespace cuesheet {

inline constexpr size_t kMaxLiveQueries = 1000;  // of a store

class LiveQuery {
 public:
  // Appends an event in the form in which the page is shown.
  using AppendRow = std::function<void(std::string& out, Row row, EventForm form)>;

  LiveQuery(EventQuery query, EventForm form, const EventTable& table);
  LiveQuery(const LiveQuery&) = delete;
  LiveQuery& operator=(const LiveQuery&) = delete;

  // `order` is the row's creation order.
  void RowLeaves(Row row, int64_t order);
  void RowEnters(Row row, int64_t order);
  // The row itself is the same, but is shown differently (progress).
  void RowShowsChange(Row row, int64_t order);

  // Judges all rows anew when one could not be judged. To be followed by EndRefresh() when the
  // payloads of all of them could be read.
  void Refresh();
  void EndRefresh() { is_stale_ = false; }

  // Whether there may be something to tell.
  bool is_touched() const { return is_touched_; }

  // Whether older events than this order can never come into the page or its spare rows.
  bool IsCoveredFrom(int64_t order) const;

  // Appends {"events":[…],"pageInfo":{…}}, and counts it as told.
  void AppendPage(std::string& out, const AppendRow& append_row);
  // Appends `"patches":[…],"pageInfo":{…}`, what turns the page told before into the present one,
  // to be applied in order: {"op":"remove","at":I}, {"op":"move","from":I,"at":J} (taken out, then
  // put in so that it stands at J), {"op":"insert","at":I,"event":{…}},
  // {"op":"update","at":I,"event":…}. False when there is nothing to tell.
  bool AppendPatches(std::string& out, const AppendRow& append_row);

 private:
  // A match, in the order of the page.
  struct Entry {
    int64_t order;    // the creation order, negative for newest first
    uint32_t number;  // the row, its complement for newest first
    bool is_told = false;

    bool operator<(const Entry& other) const {
      return order != other.order ? order < other.order : number < other.number;
    }
    bool operator==(const Entry& other) const {
      return order == other.order && number == other.number;
    }
  };

  Entry EntryOf(Row row, int64_t order) const;
  std::vector<Entry>::iterator Find(const Entry& entry);  // end() = not among the matches
  Row RowOf(const Entry& entry) const;
  bool IsCovered(const Entry& entry) const;
  size_t PageSize() const;
  size_t SpareRows() const { return limit_ / 2 + 16; }
  void PassOver(size_t count);
  void Scan();
  void Refill();
  void TrimSpare();
  void AppendInfo(std::string& out) const;
  size_t AppendListPatches(std::string& out, size_t from, const AppendRow& append_row);

  EventQuery query_;
  EventForm form_;
  const EventTable& table_;
  EventMatcher matcher_;
  OrderRange range_;
  size_t limit_;
  std::vector<Entry> matches_;  // the page and the spare rows
  // Every match up to here is among matches_; none = every match there is.
  std::optional<Entry> covered_until_;
  std::vector<Uuid> told_;  // the page as last told
  bool is_touched_ = false;
  bool is_stale_ = false;  // a row could not be judged, because its payload is not in memory
};

class LiveQueries : public RowObserver {
 public:
  explicit LiveQueries(const EventTable& table) : table_(table) {}

  // `live` is a number of the caller's choice, `form` that of the events on the page and in its
  // patches. kConflict when the number is in use, kTooLarge over the limit.
  Result<LiveQuery*> Open(uint32_t live, EventQuery query, EventForm form);
  void Close(uint32_t live);
  // See LiveQuery.
  void Refresh();
  void EndRefresh();
  // Appends a line {"live":N,"patches":[…],"pageInfo":{…}} for each query that has changed since it
  // was last told.
  void TakePatches(std::string& out, const LiveQuery::AppendRow& append_row);

  void RowLeaves(Row row) override;
  void RowEnters(Row row) override;
  void RowShowsChange(Row row) override;

 private:
  const EventTable& table_;
  struct Opened {
    uint32_t live;
    std::unique_ptr<LiveQuery> query;
  };

  std::vector<Opened> open_;
};

}  // namespace cuesheet
