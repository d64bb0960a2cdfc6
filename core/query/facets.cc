#include "query/facets.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/json_text.h"
#include "query/event_matcher.h"

namespace cuesheet {
namespace {

void AppendNumber(std::string& out, uint64_t number) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

// Counts of one facet; kNull comes first, as in KeptCounts.
using Counts = std::vector<uint32_t>;

uint32_t ValueCount(const EventTable& table, Facet facet) {
  switch (facet) {
    case Facet::kTopic:
      return table.topics().words().size();
    case Facet::kStatus:
      return static_cast<uint32_t>(kEventStatusNames.size());
    case Facet::kProject:
      return table.projects().words().size();
    case Facet::kUser:
      return table.users().words().size();
    case Facet::kSender:
      return table.senders().words().size();
  }
  return 0;
}

std::string_view ValueText(const EventTable& table, Facet facet, uint32_t code) {
  switch (facet) {
    case Facet::kTopic:
      return table.topics().words().text(code);
    case Facet::kStatus:
      return kEventStatusNames[code];
    case Facet::kProject:
      return table.projects().words().text(code);
    case Facet::kUser:
      return table.users().words().text(code);
    case Facet::kSender:
      return table.senders().words().text(code);
  }
  return {};
}

Counts Kept(const EventTable& table, Facet facet, bool include_logs) {
  Counts counts(ValueCount(table, facet) + 1);
  for (uint32_t at = 0; at < counts.size(); ++at) {
    const auto kept = table.counts().Of(facet, at == 0 ? KeptCounts::kNull : at - 1);
    counts[at] = include_logs ? kept.all : kept.all - kept.logs;
  }
  return counts;
}

void AppendFacet(std::string& out, const EventTable& table, Facet facet, const Counts& counts) {
  struct Value {
    uint32_t count;
    uint32_t at;
  };
  std::vector<Value> values;
  for (uint32_t at = 0; at < counts.size(); ++at) {
    if (counts[at] > 0) values.push_back({counts[at], at});
  }
  const size_t shown = std::min(values.size(), kMaxFacetValues);
  const auto text = [&](uint32_t at) {
    return at == 0 ? std::string_view() : ValueText(table, facet, at - 1);
  };
  std::ranges::partial_sort(values, values.begin() + static_cast<std::ptrdiff_t>(shown),
                            [&](const Value& a, const Value& b) {
                              return a.count != b.count ? a.count > b.count
                                                        : text(a.at) < text(b.at);
                            });
  constexpr size_t kUsualValueBytes = 64;
  out.reserve(out.size() + (shown + 1) * kUsualValueBytes);
  out += '"';
  out += kFacetNames[static_cast<size_t>(facet)];
  out += R"(":{"distinct":)";
  AppendNumber(out, values.size());
  out += R"(,"values":[)";
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ',';
    out += R"({"value":)";
    if (values[i].at == 0) {
      out += "null";
    } else {
      AppendJsonString(out, text(values[i].at));
    }
    out += R"(,"count":)";
    AppendNumber(out, values[i].count);
    out += '}';
  }
  out += "]}";
}

void AppendHistogram(std::string& out, const Histogram& histogram,
                     const std::vector<Timestamp>& times) {
  Timestamp from = histogram.from.value_or(Timestamp());
  Timestamp to = histogram.to.value_or(Timestamp());
  if (!times.empty()) {
    const auto [first, last] = std::ranges::minmax(times);
    if (!histogram.from) from = first;
    if (!histogram.to) to = Timestamp{last.us + 1};  // the end is exclusive
  }
  std::vector<uint32_t> counts(static_cast<size_t>(histogram.buckets));
  const double width = static_cast<double>(to.us - from.us) / static_cast<double>(counts.size());
  for (const Timestamp time : times) {
    if (time < from || time >= to) continue;
    const auto at = static_cast<size_t>(static_cast<double>(time.us - from.us) / width);
    // Rounding may put a time just below `to` behind the last bucket.
    ++counts[std::min(at, counts.size() - 1)];
  }
  out += R"(,"histogram":{"from":")" + from.Iso() + R"(","to":")" + to.Iso() + R"(","counts":[)";
  for (size_t i = 0; i < counts.size(); ++i) {
    if (i > 0) out += ',';
    AppendNumber(out, counts[i]);
  }
  out += "]}";
}

}  // namespace

void AppendCounts(std::string& out, const EventTable& table, const CountRequest& request) {
  uint64_t total = 0;
  std::vector<Counts> counts;
  std::vector<Timestamp> times;
  // Without a condition the table's own counts are the answer. A histogram needs the times of the
  // rows.
  if (request.query.IsUnconditional() && !request.histogram) {
    for (const uint32_t of_status : Kept(table, Facet::kStatus, request.query.include_logs)) {
      total += of_status;
    }
    for (const Facet facet : request.by) {
      counts.push_back(Kept(table, facet, request.query.include_logs));
    }
  } else {
    for (const Facet facet : request.by) counts.emplace_back(ValueCount(table, facet) + 1);
    EventMatcher(request.query, table).VisitMatches(request.query.Range(), [&](Row row) {
      ++total;
      const KeptCounts::Codes codes = table.codes(row);
      for (size_t i = 0; i < counts.size(); ++i) {
        const uint32_t code = codes[static_cast<size_t>(request.by[i])];
        ++counts[i][code == KeptCounts::kNull ? 0 : static_cast<size_t>(code) + 1];
      }
      if (request.histogram) times.push_back(table.created_at(row));
      return true;
    });
  }
  out += R"({"total":)";
  AppendNumber(out, total);
  out += R"(,"by":{)";
  for (size_t i = 0; i < counts.size(); ++i) {
    if (i > 0) out += ',';
    AppendFacet(out, table, request.by[i], counts[i]);
  }
  out += '}';
  if (request.histogram) AppendHistogram(out, *request.histogram, times);
  out += '}';
}

}  // namespace cuesheet
