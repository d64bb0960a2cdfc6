// What every Env has to do, as stages that run against any of them: natively (native_test.cc) and,
// through HostFiles, on Node and in browsers (wasm_main.cc).
#pragma once

#include <span>
#include <string>

#include "journal/env.h"

namespace cuesheet::contract {

// Works on the files of `env`, whose names begin with `prefix`; says what is wrong, "" = nothing.
using Step = std::string (*)(Env& env, const std::string& prefix);

// Begins with an empty folder. `act`, then `again` where there is one, then `check`: between two
// steps the files are committed, closed, opened again and loaded.
struct Stage {
  const char* name;
  Step act;
  Step again;  // may be null
  Step check;
};

std::span<const Stage> Stages();

}  // namespace cuesheet::contract
