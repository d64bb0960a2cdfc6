// Part 1: random triples of events, query and filter, asked of the oracle and of the engine.
#pragma once

#include "report.h"

namespace cuesheet::oracle {

void RunTriples(const Options& options, Score& score);

}  // namespace cuesheet::oracle
