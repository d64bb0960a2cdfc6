// JSON values as PostgreSQL's jsonb sees them: order, equality, containment, text
// (protocol.md 7.2).
#pragma once

#include <compare>
#include <string>

#include "base/json_fwd.h"

namespace cuesheet {

// null < string < number < boolean < array < object, an empty array below everything. Numbers are
// numeric: 1 equals 1.0. Arrays and objects are compared by size first.
std::strong_ordering CompareJson(const Json& a, const Json& b);

// `array @> list`: every item of the list is an element. False for anything but an array.
bool ContainsAll(const Json& array, const Json& list);
bool ContainsElement(const Json& array, const Json& item);

// jsonb's own text: `{"a": 1, "b": [1, 2]}`, shorter keys first.
std::string JsonbText(const Json& value);

}  // namespace cuesheet
