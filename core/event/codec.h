// Events as JSON, one form per channel (protocol.md 1.1, 1.5, 9.4).
#pragma once

#include <string>

#include "event/change.h"
#include "event/event.h"

namespace cuesheet {

enum class EventForm {
  kRow,     // kRest with cursor and known progress, without payload: pages of a local query
  kCells,   // the values of kRow as an array in its order, which a page parses faster; null are a
            // hash that is the id and an updatedAt that is createdAt
  kRest,    // GET /api/events/{id}: 15 camelCase attributes, nulls included
  kExport,  // kRest, but a payload that is not here is left out: EventReader reads it back as it is
  kGraphql,  // EventNode: summary and payload as JSON text, an empty payload null
  kQuery,    // POST /api/query: snake_case, null members left out
};

// Appends the event as one JSON object, or array. `progress` is shown in kRow and kCells only. kRow
// with `with_payload` adds the payload when it is here.
void AppendEvent(std::string& out, const EventView& event, EventForm form,
                 std::optional<double> progress = std::nullopt, bool with_payload = false);

// The same for an event whose payload cannot be read, with the reason in place of it. kRow, kRest
// and kExport have `payloadError`, kQuery `payload_error`, kGraphql also `"payload":null`.
void AppendUnreadable(std::string& out, const EventView& event, EventForm form,
                      std::string_view why);

// The WebSocket message of a change: 14 keys for a dispatch, 12 or 13 for an update, in
// alphabetical order; times always with offset (protocol.md 9.4, 17.6).
std::string SocketMessage(const Change& change);

// The cursor of an event: base64 of `[creation order]` (protocol.md 6.5).
std::string CursorOf(int64_t creation_order);

// A number as Python's float prints it: 42 -> "42.0".
std::string FloatText(double value);

}  // namespace cuesheet
