#include "replica/upstream_answer.h"

#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/json.h"
#include "base/uuid.h"

namespace cuesheet {
namespace {

constexpr size_t kMaxTypeBytes = 64;  // of a content type in a sentence

bool HasType(const UpstreamAnswer& answer, std::string_view type) {
  std::string_view name = answer.content_type.substr(0, answer.content_type.find(';'));
  while (name.ends_with(' ')) name.remove_suffix(1);
  return EqualIgnoringCase(name, type);
}

bool HasText(const Json& object, const char* member) { return !TextMember(object, member).empty(); }

bool HasId(const Json& object) { return Uuid::ParseLenient(TextMember(object, "id")).has_value(); }

// AYON's errors have a detail, a text or a list. Its framework answers a few in plain text: 500 for
// an exception that nothing caught, and 400 for what is no GraphQL request.
bool IsRefusal(AskedFor asked, const UpstreamAnswer& answer, const Json& json) {
  if (answer.status < 400) return false;
  if (HasType(answer, "text/plain")) {
    if (answer.status == 500) return answer.body == "Internal Server Error";
    return answer.status == 400 && asked == AskedFor::kGraphql;
  }
  const Json* detail = FindMember(json, "detail");
  return HasType(answer, "application/json") && detail != nullptr &&
         (detail->is_string() || detail->is_array());
}

bool IsSuccess(AskedFor asked, const UpstreamAnswer& answer, const Json& json) {
  const bool is_nothing = answer.status == 204 && answer.body.empty();
  if (asked == AskedFor::kUpdate || asked == AskedFor::kRemove) return is_nothing;
  if (asked == AskedFor::kEnroll && is_nothing) return true;
  if (answer.status < 200 || answer.status > 299) return false;
  if (asked == AskedFor::kSnapshot) return HasType(answer, "application/x-ndjson");
  if (!HasType(answer, "application/json")) return false;
  switch (asked) {
    case AskedFor::kDispatch:
    case AskedFor::kEvent:
    case AskedFor::kEnroll:
      return HasId(json);
    case AskedFor::kBatch:
      return json.is_array();
    case AskedFor::kGraphql:
      return FindMember(json, "data") != nullptr || FindMember(json, "errors") != nullptr;
    case AskedFor::kUser:
      return HasText(json, "name");
    case AskedFor::kLogin:
      return FindMember(json, "token") != nullptr;
    default:
      return true;
  }
}

}  // namespace

AskedFor ParseAskedFor(std::string_view operation) {
  static constexpr std::array<std::pair<std::string_view, AskedFor>, 8> kNames = {{
      {"dispatch", AskedFor::kDispatch},
      {"dispatch.batch", AskedFor::kBatch},
      {"update", AskedFor::kUpdate},
      {"delete", AskedFor::kRemove},
      {"get", AskedFor::kEvent},
      {"enroll", AskedFor::kEnroll},
      {"me", AskedFor::kUser},
      {"login", AskedFor::kLogin},
  }};
  for (const auto& [name, asked] : kNames) {
    if (name == operation) return asked;
  }
  return AskedFor::kOther;
}

AnswerSource SourceOf(AskedFor asked, const UpstreamAnswer& answer, const Json& json) {
  if (answer.status == 0) return AnswerSource::kNone;
  const bool is_own = IsSuccess(asked, answer, json) || IsRefusal(asked, answer, json);
  return is_own ? AnswerSource::kUpstream : AnswerSource::kElsewhere;
}

std::string Describe(const UpstreamAnswer& answer) {
  std::string text = "HTTP " + std::to_string(answer.status);
  if (answer.content_type.empty()) return text;
  return text + ", " + std::string(answer.content_type.substr(0, kMaxTypeBytes));
}

}  // namespace cuesheet
