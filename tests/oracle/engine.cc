#include "engine.h"

namespace cuesheet::oracle {

cuesheet::Event EngineEvent(const PlainEvent& event) {
  cuesheet::Event out;
  out.id = EngineId(event.id);
  out.hash = event.hash;
  out.topic = event.topic;
  out.sender = event.sender;
  out.sender_type = event.sender_type;
  out.project = event.project;
  out.user = event.user;
  if (event.depends_on) out.depends_on = EngineId(*event.depends_on);
  out.status = ParseEventStatus(event.status).value();
  out.retries = static_cast<int32_t>(event.retries);
  out.description = event.description;
  out.summary = event.summary.dump();
  if (!event.payload.is_null()) out.payload = event.payload.dump();
  out.created_at = {event.created_us};
  out.updated_at = {event.updated_us};
  out.creation_order = event.order;
  return out;
}

PlainEvent PlainOf(const EventView& view) {
  const auto text = [](const std::optional<std::string_view>& value) {
    return value ? std::optional<std::string>(*value) : std::nullopt;
  };
  PlainEvent out;
  out.id = view.id.Hex();
  out.hash = view.HashText();
  out.topic = view.topic;
  out.sender = text(view.sender);
  out.sender_type = text(view.sender_type);
  out.project = text(view.project);
  out.user = text(view.user);
  if (view.depends_on) out.depends_on = view.depends_on->Hex();
  out.status = EventStatusName(view.status);
  out.retries = view.retries;
  out.description = view.description;
  out.summary = Json::parse(view.summary);
  out.payload = view.payload ? Json::parse(*view.payload) : Json();
  out.created_us = view.created_at.us;
  out.updated_us = view.updated_at.us;
  out.order = view.creation_order;
  return out;
}

Uuid EngineId(const std::string& hex) { return Uuid::Parse(hex).value(); }

Engine::Engine(const World& world) {
  CUE_ASSERT(store.files().Open().has_value());
  for (const PlainEvent& event : world) {
    CUE_ASSERT(store.ledger().Merge(EngineEvent(event), FieldSet::All(), std::nullopt).has_value());
  }
  (void)store.ledger().TakeChanges();
}

Page Engine::Ask(const Json& arguments) const {
  const auto query = EventQuery::Parse(arguments);
  if (!query) return {.refused = true};
  const EventPage answer = RunQuery(store.view().table(), *query);
  Page page;
  for (const Row row : answer.rows) page.ids.push_back(store.view().table().id(row).Hex());
  std::string text;
  AppendPageInfo(text, *query, EndsOf(store.view().table(), answer));
  const Json info = Json::parse(text);
  const auto cursor = [&](const char* name) {
    return info[name].is_null() ? std::nullopt : std::optional(info[name].get<std::string>());
  };
  page.has_next = info["hasNextPage"];
  page.has_previous = info["hasPreviousPage"];
  page.start_cursor = cursor("startCursor");
  page.end_cursor = cursor("endCursor");
  return page;
}

}  // namespace cuesheet::oracle
