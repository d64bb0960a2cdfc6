#include "event/event.h"

namespace cuesheet {
namespace {

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

}  // namespace cuesheet
