// What a store answers: pages, counts, progress, trees, exports, live queries. Over the view only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "event/codec.h"
#include "query/event_query.h"
#include "query/facets.h"
#include "query/live_queries.h"
#include "store/store_view.h"

namespace cuesheet {

inline constexpr size_t kMaxTreeEvents = 10'000;  // descendants in one answer
inline constexpr size_t kMaxTreeDepth = 1000;     // ancestors in one answer

struct ExportPart {
  struct Unreadable {
    Uuid id;
    std::string why;  // names the file
  };
  uint64_t events = 0;
  uint64_t without_payload = 0;        // of them, because it cannot be read
  std::vector<Unreadable> unreadable;  // the first kMaxExportProblems of these
  std::optional<std::string> next;     // cursor of the last one; none = these were the last
};
inline constexpr size_t kDefaultExportBytes = 4 << 20;  // of one part
inline constexpr size_t kMaxExportBytes = 16 << 20;
inline constexpr size_t kMaxExportProblems = 100;

// Whether `page` is what the query gives with all events here, too: while they are being loaded,
// when the newest events fill it.
bool IsKnown(const StoreView& view, const EventQuery& query, const EventPage& page);

// Appends an element of a list, with its payload; without it when that cannot be read
// (AppendUnreadable).
void AppendWhole(std::string& out, const EventTable& table, Row row, EventForm form);

// Appends the answer to a worker (protocol.md 8.2): {"id","dependsOn","hash","status"}.
void AppendJob(std::string& out, const StoreView& view, const Uuid& job);

class Answers {
 public:
  explicit Answers(const StoreView& view) : view_(view), table_(view.table()), live_(table_) {}
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;
  // To be told of every row.
  RowObserver* observer() { return &live_; }

  // Appends `{"events":[…],"pageInfo":{…}}` in the given form. kLoading: while events are being
  // loaded a page is known when the newest events fill it. As StoreView::Judging(). An event whose
  // payload cannot be shown says why (AppendUnreadable).
  Result<void> AppendPage(std::string& out, const EventQuery& query, EventForm form) const;
  // See query/facets.h.
  void AppendCounts(std::string& out, const CountRequest& request) const;
  // Appends {"id","progress","updatedAt","perSecond","estimatedEnd","combined","children":{"total",
  // "open","finished","failed","aborted"}}; what is not known is null. `combined` is the mean over
  // the event's descendants without children of their own: settled ones count as 100, others as
  // what they reported. kNotFound.
  Result<void> AppendProgress(std::string& out, const Uuid& id) const;
  // Appends [{"id","progress","updatedAt","perSecond","estimatedEnd"},…] of every event in work,
  // for somebody who has just come.
  void AppendProgressSnapshot(std::string& out) const;
  // Appends {"event":{…},"ancestors":[…],"descendants":[…],"complete":B} in the form of a row: the
  // parents from the root on, as far as they are here, and everything that depends on the event,
  // each before its own children. Not complete: kMaxTreeEvents or kMaxTreeDepth was reached.
  // kNotFound, kLoading.
  Result<void> AppendTree(std::string& out, const Uuid& id) const;
  // See TopicRegistry::AppendTopics.
  void AppendTopics(std::string& out) const;
  // Appends the events after a cursor, one JSON object a line (kExport), by creation order; the
  // order itself is not written, Import keeps that of the lines. A part has at most `limit_bytes`,
  // or one event. A payload that cannot be read is left out, and the part says so. kLoading, kCold.
  Result<ExportPart> Export(std::string& out, std::optional<double> after,
                            size_t limit_bytes) const;

  // Opens a live query under a number of the caller's choice and appends its first page; `form` is
  // that of its events, here and in patches: kRow or kCells. kLoading; as StoreView::Judging().
  Result<void> OpenLive(uint32_t live, EventQuery query, std::string& out,
                        EventForm form = EventForm::kRow);
  void CloseLive(uint32_t live) { live_.Close(live); }
  // See LiveQueries::TakePatches. kCold; an event whose payload cannot be read is no match.
  Result<void> TakeLivePatches(std::string& out);

 private:
  void AppendRow(std::string& out, Row row, EventForm form = EventForm::kRow) const;
  void AppendRows(std::string& out, const std::vector<Row>& rows) const;
  double CombinedProgress(Row row, size_t depth, size_t& budget) const;

  const StoreView& view_;
  const EventTable& table_;
  LiveQueries live_;
};

}  // namespace cuesheet
