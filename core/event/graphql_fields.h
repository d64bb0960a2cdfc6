// Single fields of an event as GraphQL shows them (protocol.md 1.1), written through a bare
// pointer: AppendEvent() writes EventForm::kGraphql of these.
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/event.h"

namespace cuesheet {

// Writes the value of one field, but for the creation order, and returns the end;
// GraphqlFieldBound() is the most bytes that it takes. JSON is text, an empty payload is null.
char* PutGraphqlField(char* out, const EventView& event, Field field);
size_t GraphqlFieldBound(const EventView& event, Field field);

inline constexpr size_t kMaxCursorSize = 32;
// Writes CursorOf() and returns the end.
char* PutCursor(char* out, int64_t creation_order);

}  // namespace cuesheet
