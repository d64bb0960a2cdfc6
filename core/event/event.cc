#include "event/event.h"

namespace cuesheet {
namespace {

Result<void> CheckSize(std::string_view name, const std::optional<std::string_view>& text,
                       size_t limit) {
  if (!text || text->size() <= limit) return {};
  return Fail(ErrorCode::kTooLarge, std::string(name) + ": " + std::to_string(text->size()) +
                                        " bytes, an event has room for " + std::to_string(limit));
}

template <typename To, typename From>
BasicEvent<To> Convert(const BasicEvent<From>& from) {
  const auto text = [](const std::optional<From>& value) {
    return value ? std::optional<To>(To(*value)) : std::nullopt;
  };
  BasicEvent<To> to;
  to.id = from.id;
  to.hash = text(from.hash);
  to.topic = To(from.topic);
  to.sender = text(from.sender);
  to.sender_type = text(from.sender_type);
  to.project = text(from.project);
  to.user = text(from.user);
  to.depends_on = from.depends_on;
  to.status = from.status;
  to.retries = from.retries;
  to.description = To(from.description);
  to.summary = To(from.summary);
  to.payload = text(from.payload);
  to.created_at = from.created_at;
  to.updated_at = from.updated_at;
  to.creation_order = from.creation_order;
  return to;
}

}  // namespace

Event Own(const EventView& view) { return Convert<std::string>(view); }
EventView View(const Event& event) { return Convert<std::string_view>(event); }

Result<void> CheckSizes(const EventView& event) {
  CUE_TRY(CheckSize("hash", event.hash, kMaxNameBytes));
  CUE_TRY(CheckSize("topic", event.topic, kMaxNameBytes));
  CUE_TRY(CheckSize("sender", event.sender, kMaxNameBytes));
  CUE_TRY(CheckSize("senderType", event.sender_type, kMaxNameBytes));
  CUE_TRY(CheckSize("project", event.project, kMaxNameBytes));
  CUE_TRY(CheckSize("user", event.user, kMaxNameBytes));
  CUE_TRY(CheckSize("description", event.description, kMaxTextBytes));
  CUE_TRY(CheckSize("summary", event.summary, kMaxTextBytes));
  return CheckSize("payload", event.payload, kMaxTextBytes);
}

}  // namespace cuesheet
