#include "hub/open_events.h"

#include "event/codec.h"
#include "hub/access.h"

namespace cuesheet {
namespace {

size_t CountOpen(const EventTable& table) {
  const auto count = [&table](EventStatus status) -> size_t {
    return table.counts().Of(Facet::kStatus, static_cast<uint32_t>(status)).all;
  };
  return count(EventStatus::kPending) + count(EventStatus::kInProgress);
}

}  // namespace

std::string OpenEventsMessage(const StoreView& store, const Caller& caller,
                              const std::function<bool(const EventView&)>& is_wanted) {
  const EventTable& table = store.table();
  std::string text = R"({"topic":"cuesheet.open","events":[)";
  bool is_complete = true;
  size_t shown = 0;
  size_t left = caller.is_guest ? 0 : CountOpen(table);
  table.VisitRange({.newest_first = true}, [&](Row row) {
    if (left == 0) return false;
    if (!IsOpen(table.status(row))) return true;
    --left;
    const EventView event = table.ViewWithoutPayload(row);
    if (RefuseRead(caller, event) || !is_wanted(event)) return true;
    if (shown == kMaxOpenEvents || text.size() > kMaxOpenEventsBytes) {
      is_complete = false;
      return false;
    }
    if (shown++ > 0) text += ',';
    AppendEvent(text, event, EventForm::kRow, store.progress(event.id));
    return true;
  });
  return text + R"(],"isComplete":)" + (is_complete ? "true" : "false") + R"(,"sequence":)" +
         std::to_string(store.sequence()) + '}';
}

}  // namespace cuesheet
