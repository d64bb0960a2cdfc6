#include "replica/outbox_values.h"

#include <utility>

#include "base/json.h"

namespace cuesheet {
namespace {

Json TextOrNull(const std::optional<std::string_view>& text) {
  return text ? Json(std::string(*text)) : Json();
}

bool IsFinalName(const Json& status) {
  if (!status.is_string()) return false;
  const auto known = ParseEventStatus(status.get_ref<const std::string&>());
  return known && IsFinal(*known);
}

}  // namespace

std::optional<Field> FieldOfUpdate(std::string_view member) {
  const auto field = FieldNamed(member);
  return field && InfoOf(*field).IsWrittenBy(kUpdateBody) ? field : std::nullopt;
}

std::optional<Json> ValueOf(const EventView& event, Field field) {
  switch (field) {
    case Field::kSender:
      return TextOrNull(event.sender);
    case Field::kProject:
      return TextOrNull(event.project);
    case Field::kUser:
      return TextOrNull(event.user);
    case Field::kStatus:
      return Json(std::string(EventStatusName(event.status)));
    case Field::kDescription:
      return Json(std::string(event.description));
    case Field::kSummary:
      return ParseStoredJson(event.summary);
    case Field::kRetries:
      return Json(event.retries);
    case Field::kPayload:
      if (event.payload) return ParseStoredJson(*event.payload);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

Json MergedByKey(const Json& base, const Json& mine, Json theirs) {
  for (const auto& [key, value] : mine.items()) {
    const Json* old = FindMember(base, key);
    if (old == nullptr || *old != value) theirs[key] = value;
  }
  if (!base.is_object()) return theirs;
  for (const auto& [key, value] : base.items()) {
    if (!mine.contains(key)) theirs.erase(key);
  }
  return theirs;
}

Json BodyToSend(const Json& body, const Json& before) {
  const Json* theirs = FindMember(before, "theirs");
  if (theirs == nullptr) return body;
  Json out = body;
  for (const auto& [name, value] : theirs->items()) {
    if (!out.contains(name)) continue;
    if (name == "status" && IsFinalName(value) && !IsFinalName(out[name])) {
      out.erase(name);
    } else if (value.is_object() && out[name].is_object()) {
      const Json* base = FindMember(before, name);
      out[name] = MergedByKey(base == nullptr ? Json::object() : *base, out[name], value);
    }
  }
  return out;
}

}  // namespace cuesheet
