// Part 2: random sequences of commands, with live queries open.
#pragma once

#include "report.h"

namespace cuesheet::oracle {

void RunSequences(const Options& options, Score& score);

}  // namespace cuesheet::oracle
