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

// A normal user's list holds own events only, unless it names ids; a guest's is empty (false).
bool NarrowQuery(const Caller& caller, EventQuery& query);

}  // namespace cuesheet
