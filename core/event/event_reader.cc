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

struct Spelling {
  std::string_view name;
  Field field;
};

// The names that a member may have: both spellings of each field. The creation order is not read.
constexpr bool IsRead(const FieldInfo& info) { return info.field != Field::kCreationOrder; }

constexpr size_t kSpellingCount = [] {
  size_t count = 0;
  for (const FieldInfo& info : kFields) {
    if (IsRead(info)) count += info.name == info.column ? 1 : 2;
  }
  return count;
}();

constexpr auto kSpellings = [] {
  std::array<Spelling, kSpellingCount> spellings;
  size_t count = 0;
  for (const FieldInfo& info : kFields) {
    if (!IsRead(info)) continue;
    spellings[count++] = {info.name, info.field};
    if (info.name != info.column) spellings[count++] = {info.column, info.field};
  }
  return spellings;
}();

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

Result<EventView> EventReader::Read(std::string_view line, size_t max_bytes) {
  if (line.size() > max_bytes) {
    return Fail(ErrorCode::kTooLarge, "the line is longer than " + std::to_string(max_bytes >> 20) +
                                          " MiB, the limit for an event");
  }
  // Most lines come from an export and are canonical. Any other line, a wrong one too, is written
  // canonically first, and then needs no checks a second time.
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
  const auto member = std::ranges::find(kSpellings, name, &Spelling::name);
  if (member == kSpellings.end()) return {};
  switch (member->field) {
    case Field::kSummary: {
      CUE_ASSIGN(event.summary, ReadObject(name, value));
      return {};
    }
    case Field::kPayload: {
      CUE_ASSIGN(event.payload, ReadObject(name, value));
      return {};
    }
    case Field::kRetries: {
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
  switch (member->field) {
    case Field::kId: {
      CUE_ASSIGN(event.id, ReadId(name, text));
      break;
    }
    case Field::kDependsOn: {
      CUE_ASSIGN(event.depends_on, ReadId(name, text));
      break;
    }
    case Field::kTopic:
      if (!IsTopic(text)) return Expected(name, kTopicPattern);
      event.topic = text;
      read.Add(Field::kTopic);
      break;
    case Field::kStatus: {
      const auto status = ParseEventStatus(text);
      if (!status) return Expected(name, "one of the six statuses");
      event.status = *status;
      break;
    }
    case Field::kCreatedAt: {
      CUE_ASSIGN(event.created_at, ReadTime(name, text));
      read.Add(Field::kCreatedAt);
      break;
    }
    case Field::kUpdatedAt: {
      CUE_ASSIGN(event.updated_at, ReadTime(name, text));
      read.Add(Field::kUpdatedAt);
      break;
    }
    case Field::kHash:
      event.hash = text;
      break;
    case Field::kSender:
      event.sender = text;
      break;
    case Field::kSenderType:
      event.sender_type = text;
      break;
    case Field::kProject:
      event.project = text;
      break;
    case Field::kUser:
      event.user = text;
      break;
    default:
      event.description = text;
  }
  return {};
}

}  // namespace cuesheet
