#include "event/request.h"

#include "base/json.h"
#include "base/utf8.h"
#include "event/field_reader.h"
#include "event/names.h"

namespace cuesheet {
namespace {

using Null = FieldReader::Null;

void CheckPattern(FieldReader& fields, std::string_view name,
                  const std::optional<std::string>& value, bool (*matches)(std::string_view),
                  std::string_view pattern) {
  if (!value || matches(*value)) return;
  fields.Fail(name, "string does not match regex \"" + std::string(pattern) + '"',
              "value_error.str.regex", {{"pattern", pattern}});
}

void CheckLength(FieldReader& fields, std::string_view name,
                 const std::optional<std::string>& value, size_t length) {
  if (!value) return;
  const size_t size = CodePoints(*value);
  if (size == length) return;
  const std::string edge = size < length ? "least " : "most ";
  fields.Fail(name, "ensure this value has at " + edge + std::to_string(length) + " characters",
              size < length ? "value_error.any_str.min_length" : "value_error.any_str.max_length",
              {{"limit_value", length}});
}

std::optional<EventStatus> ReadStatus(FieldReader& fields) {
  const Json* value = fields.Member("status");
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_string()) {
    if (const auto status = ParseEventStatus(value->get_ref<const std::string&>())) return status;
  }
  std::string permitted;
  for (const std::string_view name : kEventStatusNames) {
    permitted += (permitted.empty() ? "'" : ", '") + std::string(name) + "'";
  }
  fields.Fail("status", "unexpected value; permitted: " + permitted, "value_error.const",
              {{"given", *value}, {"permitted", kEventStatusNames}});
  return std::nullopt;
}

std::optional<double> ReadProgress(FieldReader& fields) {
  const auto progress = fields.Float("progress");
  if (!progress) return std::nullopt;
  if (!(*progress >= 0)) {
    fields.Fail("progress", "ensure this value is greater than or equal to 0",
                "value_error.number.not_ge", {{"limit_value", 0}});
  } else if (*progress > 100) {
    fields.Fail("progress", "ensure this value is less than or equal to 100",
                "value_error.number.not_le", {{"limit_value", 100}});
  }
  return progress;
}

std::optional<int32_t> ReadRetries(FieldReader& fields) {
  const auto retries = fields.Integer("retries");
  if (!retries) return std::nullopt;
  if (*retries < INT32_MIN || *retries > INT32_MAX) {
    fields.Fail("retries", "value is not a valid integer", "type_error.integer");
    return std::nullopt;
  }
  return static_cast<int32_t>(*retries);
}

std::string PathText(const FieldError& error) {
  std::string text;
  for (const std::string& part : error.path) text += (text.empty() ? "" : ".") + part;
  return text;
}

}  // namespace

Parsed<DispatchRequest> ParseDispatchRequest(const Json& body) {
  FieldReader fields(body);
  DispatchRequest request;
  fields.Require("topic");
  const auto topic = fields.Text("topic", Null::kRefused);
  CheckPattern(fields, "topic", topic, IsTopic, kTopicPattern);
  request.topic = topic.value_or("");
  request.sender = fields.Text("sender");
  request.hash = fields.Text("hash");
  request.project = fields.Text("project");
  CheckPattern(fields, "project", request.project, IsProjectName, kProjectPattern);
  request.depends_on = fields.Text("dependsOn");
  CheckLength(fields, "dependsOn", request.depends_on, 32);
  request.description = fields.Text("description").value_or("");
  request.summary = fields.Object("summary", Null::kRefused).value_or("{}");
  request.payload = fields.Object("payload", Null::kRefused).value_or("{}");
  request.finished = fields.Bool("finished", Null::kRefused).value_or(true);
  request.store = fields.Bool("store", Null::kRefused).value_or(true);
  request.reuse = fields.Bool("reuse", Null::kRefused).value_or(false);
  if (fields.failed()) return std::unexpected(fields.TakeErrors());
  return request;
}

Parsed<UpdateRequest> ParseUpdateRequest(const Json& body) {
  FieldReader fields(body);
  UpdateRequest request;
  request.sender = fields.Text("sender");
  request.project = fields.Text("project");
  CheckPattern(fields, "project", request.project, IsProjectName, kProjectPattern);
  // The deprecated name wins when it is not empty (protocol.md 4); unlike the reference it keeps
  // the pattern, since a value that breaks it makes the event unreadable there (1.4).
  const auto project_name = fields.Text("projectName");
  if (project_name && !project_name->empty()) {
    CheckPattern(fields, "projectName", project_name, IsProjectName, kProjectPattern);
    request.project = project_name;
  }
  request.user = fields.Text("user");
  request.status = ReadStatus(fields);
  request.description = fields.Text("description");
  request.summary = fields.Object("summary");
  request.payload = fields.Object("payload");
  request.progress = ReadProgress(fields);
  request.retries = ReadRetries(fields);
  if (fields.failed()) return std::unexpected(fields.TakeErrors());
  return request;
}

std::string ValidationBody(std::string_view method, std::string_view path,
                           const FieldErrors& errors, std::string_view root) {
  Json list = Json::array();
  std::string traceback;
  for (const FieldError& error : errors) {
    Json loc = Json::array({root});
    for (const std::string& part : error.path) loc.push_back(part);
    Json entry = {{"loc", std::move(loc)}, {"msg", error.message}, {"type", error.type}};
    if (!error.context.empty()) entry["ctx"] = ParseStoredJson(error.context);
    list.push_back(std::move(entry));
    const std::string field = PathText(error);
    traceback += (traceback.empty() ? "" : "\n") + (field.empty() ? std::string(root) : field) +
                 ": " + error.message;
  }
  std::string out = R"({"code":400,"detail":)";
  AppendJsonString(
      out, "Request validation error in [" + std::string(method) + "] " + std::string(path));
  out += R"(,"path":)";
  AppendJsonString(out, path);
  out += R"(,"traceback":)";
  AppendJsonString(out, traceback);
  return out + R"(,"errors":)" + CanonicalText(list) + '}';
}

std::string ValidationSentence(const FieldErrors& errors) {
  std::string text;
  for (const FieldError& error : errors) {
    const std::string field = PathText(error);
    text += (text.empty() ? "" : "; ") + (field.empty() ? "body" : field) + ": " + error.message;
  }
  return text;
}

}  // namespace cuesheet
