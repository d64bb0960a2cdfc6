// ParseEnrollRequest: the body of POST /api/enroll (protocol.md 8.1).
#include "base/json.h"
#include "event/field_reader.h"
#include "event/names.h"
#include "jobs/enroll.h"

namespace cuesheet {
namespace {

using Null = FieldReader::Null;

// A list of strings; none when absent or null.
std::vector<std::string> ReadStrings(FieldReader& fields, std::string_view name) {
  const Json* value = fields.Member(name);
  std::vector<std::string> out;
  if (value == nullptr || value->is_null()) return out;
  if (!value->is_array() || value->size() > kMaxSourceTopics) {
    fields.Fail(name, "value is not a valid list", "type_error.list");
    return out;
  }
  for (const Json& item : *value) {
    if (item.is_string()) {
      out.push_back(item.get<std::string>());
    } else {
      fields.Fail(name, "str type expected", "type_error.str");
    }
  }
  return out;
}

void ReadSource(FieldReader& fields, EnrollRequest& request) {
  fields.Require("sourceTopic");
  const Json* source = fields.Member("sourceTopic");
  if (source == nullptr) return;
  if (source->is_null()) {
    fields.Fail("sourceTopic", "none is not an allowed value", "type_error.none.not_allowed");
    return;
  }
  request.is_pattern = !source->is_array();
  if (!request.is_pattern) {
    request.source_topics = ReadStrings(fields, "sourceTopic");
  } else if (const auto topic = fields.Text("sourceTopic")) {
    request.source_topics = {*topic};
  }
}

// A whole number from 0; 0 when absent.
int64_t ReadUpTo(FieldReader& fields, std::string_view name, int64_t limit) {
  const int64_t value = fields.Integer(name).value_or(0);
  if (value < 0 || value > limit) {
    fields.Fail(name, "ensure this value is between 0 and " + std::to_string(limit),
                "value_error.number");
  }
  return value;
}

}  // namespace

Parsed<EnrollRequest> ParseEnrollRequest(const Json& body) {
  FieldReader fields(body);
  EnrollRequest request;
  ReadSource(fields, request);
  fields.Require("targetTopic");
  const auto target = fields.Text("targetTopic", Null::kRefused);
  if (target && !IsTopic(*target)) {
    fields.Fail("targetTopic", "string does not match regex \"" + std::string(kTopicPattern) + '"',
                "value_error.str.regex", {{"pattern", kTopicPattern}});
  }
  request.target_topic = target.value_or("");
  request.sender = fields.Text("sender");
  request.sender_type = fields.Text("senderType");
  request.description = fields.Text("description");
  request.sequential = fields.Bool("sequential", Null::kRefused).value_or(false);
  if (const Json* filter = fields.Member("filter")) {
    auto parsed = QueryFilter::Parse(*filter);
    if (parsed) {
      request.filter = *std::move(parsed);
    } else {
      fields.Fail("filter", parsed.error().message, "value_error");
    }
  }
  request.max_retries = fields.Integer("maxRetries", Null::kRefused).value_or(3);
  request.ignore_sender_types = ReadStrings(fields, "ignoreSenderTypes");
  request.ignore_older_than_days = fields.Integer("ignoreOlderThan", Null::kRefused).value_or(3);
  if (request.ignore_older_than_days < 0 || request.ignore_older_than_days > 36'500) {
    fields.Fail("ignoreOlderThan", "ensure this value is between 0 and 36500 days",
                "value_error.number");
  }
  request.lease_seconds = ReadUpTo(fields, "leaseSeconds", kMaxEnrollSeconds);
  request.retry_backoff_seconds = ReadUpTo(fields, "retryBackoffSeconds", kMaxEnrollSeconds);
  request.concurrency = ReadUpTo(fields, "concurrency", kMaxConcurrency);
  if (fields.failed()) return std::unexpected(fields.TakeErrors());
  return request;
}

}  // namespace cuesheet
