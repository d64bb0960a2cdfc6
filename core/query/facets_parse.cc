// CountRequest::Parse: the arguments and their errors.
#include <algorithm>

#include "base/json.h"
#include "query/facets.h"

namespace cuesheet {
namespace {

Result<std::optional<Timestamp>> ReadTime(const Json& object, std::string_view name) {
  const Json* value = FindMember(object, name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto time =
      value->is_string() ? Timestamp::ParseIso(value->get_ref<const std::string&>()) : std::nullopt;
  if (!time) {
    return Fail(ErrorCode::kInvalid,
                "histogram." + std::string(name) + ": expected an ISO 8601 time");
  }
  return time;
}

Result<Histogram> ReadHistogram(const Json& object) {
  if (!object.is_object()) return Fail(ErrorCode::kInvalid, "histogram: expected an object");
  Histogram histogram;
  CUE_ASSIGN(histogram.from, ReadTime(object, "from"));
  CUE_ASSIGN(histogram.to, ReadTime(object, "to"));
  if (histogram.from && histogram.to && *histogram.from >= *histogram.to) {
    return Fail(ErrorCode::kInvalid, "histogram: `from` must be before `to`");
  }
  if (const Json* buckets = FindMember(object, "buckets")) {
    const bool fits = buckets->is_number_integer() && buckets->get<int64_t>() >= 1 &&
                      buckets->get<int64_t>() <= kMaxHistogramBuckets;
    if (!fits) {
      return Fail(ErrorCode::kInvalid, "histogram.buckets: expected a whole number from 1 to " +
                                           std::to_string(kMaxHistogramBuckets));
    }
    histogram.buckets = buckets->get<int64_t>();
  }
  return histogram;
}

}  // namespace

Result<CountRequest> CountRequest::Parse(const Json& arguments) {
  CountRequest request;
  CUE_ASSIGN(request.query, EventQuery::Parse(arguments));
  if (const Json* by = FindMember(arguments, "by"); by != nullptr && !by->is_null()) {
    const Error wrong = {ErrorCode::kInvalid,
                         "by: expected a list of topic, status, project, user, sender"};
    if (!by->is_array()) return std::unexpected(wrong);
    for (const Json& name : *by) {
      const std::string text = name.is_string() ? name.get<std::string>() : "";
      const auto known = std::ranges::find(kFacetNames, text);
      if (known == kFacetNames.end()) return std::unexpected(wrong);
      const auto facet = static_cast<Facet>(known - kFacetNames.begin());
      if (std::ranges::find(request.by, facet) == request.by.end()) request.by.push_back(facet);
    }
  }
  const Json* histogram = FindMember(arguments, "histogram");
  if (histogram != nullptr && !histogram->is_null()) {
    CUE_ASSIGN(request.histogram, ReadHistogram(*histogram));
  }
  return request;
}

}  // namespace cuesheet
