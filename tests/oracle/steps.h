// Random steps of a sequence, each made for the events that are there at that moment.
#pragma once

#include <map>

#include "model.h"
#include "random.h"

namespace cuesheet::oracle {

// `now` is the step's clock; `live` are the queries that are open.
Json MakeStep(Random& random, const Model& model, const std::map<uint32_t, Json>& live,
              int64_t now);

}  // namespace cuesheet::oracle
