// JSON as PostgreSQL's jsonb sees it (protocol.md 7.2).
#pragma once

#include <string>

#include "event.h"

namespace cuesheet::oracle {

// 64 bits of mantissa at least: integers and the generator's fractions are exact in it.
long double NumberOf(const Json& number);
// Below 0, 0, above 0. `value` is a scalar, as the operand of a filter's comparison always is.
int CompareWithScalar(const Json& stored, const Json& value);
// Equality of any two values; numbers are numeric.
bool SameJson(const Json& a, const Json& b);
bool HasElement(const Json& array, const Json& item);
// `::text`: a space after each colon and comma, shorter keys first.
std::string CastText(const Json& value);

}  // namespace cuesheet::oracle
