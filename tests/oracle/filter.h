// QueryFilter (protocol.md 7, 17.2), read straight from the JSON each time.
#pragma once

#include <string>

#include "event.h"

namespace cuesheet::oracle {

// Whether the filter must be answered with an error. null is no filter.
bool IsRefused(const Json& filter);

bool Matches(const Json& filter, const PlainEvent& event);

}  // namespace cuesheet::oracle
