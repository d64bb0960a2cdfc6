// The members of an update's body as fields of an event.
#pragma once

#include <optional>
#include <string_view>

#include "base/json_fwd.h"
#include "event/event.h"

namespace cuesheet {

// None for a member that is no field that an update may write, such as progress.
std::optional<Field> FieldOfUpdate(std::string_view member);

// The event's value of a field as such a body has it; none when it is not here (a payload).
std::optional<Json> ValueOf(const EventView& event, Field field);

// `mine` on top of `theirs`, both objects that began as `base`: a key that only one side changed is
// as that side has it, one that both changed as in `mine`.
Json MergedByKey(const Json& base, const Json& mine, Json theirs);

// What an update sends: its body, less what would set a job that the upstream knows to be final to
// a status that is not, and its objects merged by key. `before` are the values that it replaced,
// `before.theirs` what the upstream has said of them since (protocol.md 12.4).
Json BodyToSend(const Json& body, const Json& before);

}  // namespace cuesheet
