// The oracle's dice: the same numbers for the same seed on every platform, which the distributions
// of <random> do not promise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cuesheet::oracle {

class Random {
 public:
  // One stream for each case, so that case M can be replayed without the M - 1 before it.
  Random(uint64_t seed, uint64_t stream) : state_(seed * 0x9E3779B97F4A7C15 + stream) {
    state_ = Next() ^ stream;
  }

  uint64_t Next() {  // splitmix64
    uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }
  // 0 … limit - 1.
  size_t Below(size_t limit) { return static_cast<size_t>(Next() % limit); }
  bool Chance(size_t percent) { return Below(100) < percent; }
  template <typename List>
  const auto& Pick(const List& list) {
    return list[Below(list.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace cuesheet::oracle
