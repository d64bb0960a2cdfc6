// Who may do what on a hub, one function for each operation. sockets.h decides which message a
// socket gets, and uses the same roles.
#pragma once

#include <optional>
#include <string_view>

#include "event/event.h"
#include "event/request.h"
#include "hub/caller.h"
#include "query/event_query.h"

namespace cuesheet {

// The text of AYON's 403; none = allowed.
using Refusal = std::optional<std::string_view>;

// Managers, admins and services may dispatch (protocol.md 3.3).
Refusal RefuseDispatch(const Caller& caller);
// `event` as it is before the update (protocol.md 4.1).
Refusal RefuseUpdate(const Caller& caller, const EventView& event, const UpdateRequest& request);
// Admins and services only: DELETE, POST /api/eventops, POST /api/query (protocol.md 5, 6.2).
Refusal RefuseRemove(const Caller& caller);
Refusal RefuseEventOps(const Caller& caller);
Refusal RefuseQuery(const Caller& caller);
// Services only (protocol.md 8).
Refusal RefuseEnroll(const Caller& caller);
// One event by its id: a user who is no manager needs an access group of the event's project
// (protocol.md 6.1).
Refusal RefuseRead(const Caller& caller, const EventView& event);

// Limits a normal user's list to their own events, unless it names ids; false for guests, whose
// lists are empty (protocol.md 6.3).
bool NarrowQuery(const Caller& caller, EventQuery& query);

}  // namespace cuesheet
