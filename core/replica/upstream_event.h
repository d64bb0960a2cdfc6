// What an AYON server or a hub says of an event, as fields for Ledger::Merge.
#pragma once

#include <optional>
#include <string_view>

#include "base/json_fwd.h"
#include "base/result.h"
#include "event/event.h"

namespace cuesheet {

struct UpstreamEvent {
  Event event;
  FieldSet fields;
  std::optional<double> progress;
  bool stored = true;  // false: fire-and-forget, the upstream keeps no row
};

// kInvalid: `what` is wrong with what an upstream sent.
std::unexpected<Error> BrokenUpstream(std::string_view what);

// A WebSocket message; nullopt for heartbeats and everything that carries no event (9.4).
std::optional<UpstreamEvent> ParseSocketEvent(const Json& message);

// One `{"cursor","node"}` of a GraphQL page (6.3). kInvalid when it has no id or topic, kTooLarge
// as CheckSizes; such an edge is skipped, because it can never be an event. A payload that is too
// large is left out instead.
Result<UpstreamEvent> ParseEdge(const Json& edge);

// A row of POST /api/query (6.2): snake_case, without what is null, without a creation order.
// kInvalid.
Result<UpstreamEvent> ParseQueryRow(const Json& row, bool with_payload);

// An event in the form of a hub's feed, of a snapshot and of an export. All fields count, except an
// absent payload and an absent creation order. kInvalid.
Result<UpstreamEvent> ParseShown(const Json& event);
// The same of an event that has been read, with its creation order.
UpstreamEvent Shown(const EventView& event);

}  // namespace cuesheet
