// The members of an update's body as fields of an event.
#pragma once

#include <optional>
#include <string_view>

#include "base/json_fwd.h"
#include "event/event.h"

namespace cuesheet {

// None for a member that is not a field, or that an update may not write, such as progress.
std::optional<Field> FieldOfUpdate(std::string_view member);

// The event's value of a field, in the form of such a body; none when the store does not have it (a
// payload).
std::optional<Json> ValueOf(const EventView& event, Field field);

// Merges two objects that began as `base`: a key that only one side changed has that side's value;
// a key that both changed has the value of `mine`.
Json MergedByKey(const Json& base, const Json& mine, Json theirs);

// What an update sends: its body with objects merged by key, without a status that would reopen a
// job that is final upstream. `before` has the values that it replaced, `before.theirs` the
// upstream's values since then (protocol.md 12.4).
Json BodyToSend(const Json& body, const Json& before);

}  // namespace cuesheet
