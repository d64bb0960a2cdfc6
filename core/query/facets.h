// Counts the events that a query matches: in total, by the values of a column, and over time.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/event_query.h"

namespace cuesheet {

inline constexpr std::array<std::string_view, kFacets> kFacetNames = {"topic", "status", "project",
                                                                      "user", "sender"};
inline constexpr size_t kMaxFacetValues = 1000;  // of one facet, the most frequent ones
inline constexpr int64_t kMaxHistogramBuckets = 1000;

struct Histogram {
  int64_t buckets = 60;
  // Creation times: from `from` up to, not including, `to`. Without them, from the first match to
  // the last one.
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;
};

struct CountRequest {
  EventQuery query;  // its page size is ignored
  std::vector<Facet> by;
  std::optional<Histogram> histogram;

  // The arguments of an EventQuery and `by`, a list of "topic", "status", "project", "user",
  // "sender", and `histogram`, {"buckets"?, "from"?, "to"?}. kInvalid names the part.
  static Result<CountRequest> Parse(const Json& arguments);
};

// Appends {"total":N,"by":{"topic":{"distinct":D,"values":[{"value":"a.b","count":N},…]}},
// "histogram":{"from","to","counts":[…]}}, the most frequent values first. The value null counts
// events without one. A query without conditions counts nothing: the table keeps these counts.
void AppendCounts(std::string& out, const EventTable& table, const CountRequest& request);

}  // namespace cuesheet
