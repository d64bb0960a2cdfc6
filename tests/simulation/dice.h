// Entropy for the core, from the dice of a seed.
#pragma once

#include "../oracle/random.h"
#include "base/uuid.h"

namespace cuesheet::simulation {

inline Entropy Draw(oracle::Random& random) {
  Entropy entropy;
  for (uint8_t& byte : entropy.bytes) byte = static_cast<uint8_t>(random.Below(256));
  return entropy;
}

}  // namespace cuesheet::simulation
