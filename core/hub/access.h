// Who may do what (protocol.md 3.3, 4.1, 5, 6.1, 6.3). A refusal is the text of AYON's 403.
#pragma once

#include <optional>
#include <string_view>

#include "event/event.h"
#include "event/request.h"
#include "hub/caller.h"
#include "query/event_query.h"

namespace cuesheet {

using Refusal = std::optional<std::string_view>;

Refusal RefuseDispatch(const Caller& caller);
Refusal RefuseUpdate(const Caller& caller, const EventView& event, const UpdateRequest& request);
Refusal RefuseRemove(const Caller& caller);
Refusal RefuseEventOps(const Caller& caller);
Refusal RefuseQuery(const Caller& caller);
Refusal RefuseEnroll(const Caller& caller);
Refusal RefuseRead(const Caller& caller, const EventView& event);

// Limits a normal user's list to their own events, unless it names ids; false for guests, whose
// lists are empty.
bool NarrowQuery(const Caller& caller, EventQuery& query);

}  // namespace cuesheet
