// One seed: people write at a hub and at replicas of it while everything breaks; then everything is
// mended, and what has to be is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cuesheet::simulation {

// What is wrong, a sentence; none = all is as it has to be.
std::optional<std::string> RunScenario(uint64_t seed);

}  // namespace cuesheet::simulation
