#include "event/event_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/json.h"
#include "base/json_canonical.h"
#include "base/json_text.h"
#include "event/names.h"

namespace cuesheet {
namespace {

enum class Name {
  kId,
  kHash,
  kTopic,
  kSender,
  kSenderType,
  kProject,
  kUser,
  kDependsOn,
  kStatus,
  kRetries,
  kDescription,
  kSummary,
  kPayload,
  kCreatedAt,
  kUpdatedAt,
};

constexpr std::array<std::pair<std::string_view, Name>, 19> kMembers = {{
    {"id", Name::kId},
    {"hash", Name::kHash},
    {"topic", Name::kTopic},
    {"sender", Name::kSender},
    {"senderType", Name::kSenderType},
    {"sender_type", Name::kSenderType},
    {"project", Name::kProject},
    {"user", Name::kUser},
    {"dependsOn", Name::kDependsOn},
    {"depends_on", Name::kDependsOn},
    {"status", Name::kStatus},
    {"retries", Name::kRetries},
    {"description", Name::kDescription},
    {"summary", Name::kSummary},
    {"payload", Name::kPayload},
    {"createdAt", Name::kCreatedAt},
    {"created_at", Name::kCreatedAt},
    {"updatedAt", Name::kUpdatedAt},
    {"updated_at", Name::kUpdatedAt},
}};

std::unexpected<Error> Expected(std::string_view name, std::string_view what) {
  return Fail(ErrorCode::kInvalid, std::string(name) + ": expected " + std::string(what));
}

Result<Uuid> ReadId(std::string_view name, std::string_view text) {
  const auto id = Uuid::Parse(text);
  if (!id) return Expected(name, "32 lower-case hex digits");
  return *id;
}

Result<Timestamp> ReadTime(std::string_view name, std::string_view text) {
  const auto time = Timestamp::ParseIso(text);
  if (!time) return Expected(name, "an ISO 8601 time");
  return *time;
}

Result<std::string_view> ReadObject(std::string_view name, std::string_view value) {
  if (!value.starts_with('{')) return Expected(name, "an object");
  return value;
}

}  // namespace

Result<EventView> EventReader::Read(std::string_view line) {
  if (line.size() > kMaxEventLineBytes) {
    return Fail(ErrorCode::kTooLarge, "the line is longer than " +
                                          std::to_string(kMaxEventLineBytes >> 20) +
                                          " MiB, the limit for an event");
  }
  if (auto event = ReadCanonical(line, CanonicalEnd)) return event;
  CUE_ASSIGN(const Json value, ParseJson(line));
  if (!value.is_object()) return Fail(ErrorCode::kInvalid, "expected an object, an event");
  canonical_ = CanonicalText(value);
  return ReadCanonical(canonical_,
                       [](auto text, size_t at, size_t) { return SkipJsonValue(text, at); });
}

Result<EventView> EventReader::ReadCanonical(std::string_view line, EndOfValue end_of) {
  const auto refused = Fail(ErrorCode::kInvalid, "not valid JSON");
  const auto is_at = [line](size_t at, char c) { return at < line.size() && line[at] == c; };
  EventView event;
  FieldSet read;
  Begin();
  for (size_t at = 0; line != "{}" && !is_at(at, '}');) {
    if (!is_at(at, at == 0 ? '{' : ',') || !is_at(at + 1, '"')) return refused;
    const size_t key_end = end_of(line, at + 1, 1);
    if (key_end == kNotCanonical || !is_at(key_end, ':')) return refused;
    const size_t end = end_of(line, key_end + 1, 1);
    if (end == kNotCanonical) return refused;
    const std::string_view name = line.substr(at + 2, key_end - at - 3);
    const std::string_view value = line.substr(key_end + 1, end - key_end - 1);
    CUE_TRY(Member(name, value, event, read));
    at = end;
    if (is_at(at, '}') && at + 1 != line.size()) return refused;
  }
  return Complete(event, read);
}

Result<EventView> EventReader::Complete(EventView event, FieldSet read) {
  if (event.id == Uuid()) return Expected("id", "32 lower-case hex digits");
  if (!read.Has(Field::kTopic)) return Expected("topic", "a topic");
  if (!read.Has(Field::kCreatedAt)) return Expected("createdAt", "an ISO 8601 time");
  if (!read.Has(Field::kUpdatedAt)) return Expected("updatedAt", "an ISO 8601 time");
  if (event.hash && Uuid::Parse(*event.hash) == event.id) event.hash.reset();
  CUE_TRY(CheckSizes(event));
  return event;
}

Result<std::string_view> EventReader::Text(std::string_view name, std::string_view value) {
  if (!value.starts_with('"')) return Expected(name, "a string");
  const std::string_view raw = value.substr(1, value.size() - 2);
  if (raw.find('\\') == std::string_view::npos) return raw;
  const Json text = ParseStoredJson(value);
  return unescaped_.emplace_back(text.get_ref<const std::string&>());
}

Result<void> EventReader::Member(std::string_view name, std::string_view value, EventView& event,
                                 FieldSet& read) {
  if (value == "null") return {};
  const auto member =
      std::ranges::find(kMembers, name, [](const auto& known) { return known.first; });
  if (member == kMembers.end()) return {};
  switch (member->second) {
    case Name::kSummary: {
      CUE_ASSIGN(event.summary, ReadObject(name, value));
      return {};
    }
    case Name::kPayload: {
      CUE_ASSIGN(event.payload, ReadObject(name, value));
      return {};
    }
    case Name::kRetries: {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), event.retries);
      if (error != std::errc() || end != value.data() + value.size()) {
        return Expected(name, "a whole number");
      }
      return {};
    }
    default:
      break;
  }
  CUE_ASSIGN(const std::string_view text, Text(name, value));
  switch (member->second) {
    case Name::kId: {
      CUE_ASSIGN(event.id, ReadId(name, text));
      break;
    }
    case Name::kDependsOn: {
      CUE_ASSIGN(event.depends_on, ReadId(name, text));
      break;
    }
    case Name::kTopic:
      if (!IsTopic(text)) return Expected(name, kTopicPattern);
      event.topic = text;
      read.Add(Field::kTopic);
      break;
    case Name::kStatus: {
      const auto status = ParseEventStatus(text);
      if (!status) return Expected(name, "one of the six statuses");
      event.status = *status;
      break;
    }
    case Name::kCreatedAt: {
      CUE_ASSIGN(event.created_at, ReadTime(name, text));
      read.Add(Field::kCreatedAt);
      break;
    }
    case Name::kUpdatedAt: {
      CUE_ASSIGN(event.updated_at, ReadTime(name, text));
      read.Add(Field::kUpdatedAt);
      break;
    }
    case Name::kHash:
      event.hash = text;
      break;
    case Name::kSender:
      event.sender = text;
      break;
    case Name::kSenderType:
      event.sender_type = text;
      break;
    case Name::kProject:
      event.project = text;
      break;
    case Name::kUser:
      event.user = text;
      break;
    default:
      event.description = text;
  }
  return {};
}

}  // namespace cuesheet
