// Random worlds, queries and filters. Every value comes from a small pool, so that conditions meet
// what is stored often enough to tell right from wrong.
#pragma once

#include <string>

#include "event.h"
#include "random.h"

namespace cuesheet::oracle {

// 0 to 40 events with distinct ids, hashes and creation orders, in no order.
World MakeWorld(Random& random);
// The JSON of the GraphQL arguments with `where`.
Json MakeQuery(Random& random, const World& world);
Json MakeFilter(Random& random, const World& world);

// The parts, for other generators.
Json MakeScalar(Random& random);
Json MakeObject(Random& random);
std::string MakeId(Random& random);
std::string MakeTopic(Random& random);
std::string MakeTopicPattern(Random& random);
std::string MakeText(Random& random);
std::optional<std::string> MakeName(Random& random);
// In one of the forms that a request may use; sometimes of no event, sometimes broken.
std::string IdText(Random& random, const World& world);
std::string TimeArgument(Random& random, const World& world);

}  // namespace cuesheet::oracle
