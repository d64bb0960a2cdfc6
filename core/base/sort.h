// Sorting of numbers by a key: one function, because each copy of a sort takes kilobytes of module.
#pragma once

#include <cstdint>
#include <vector>

namespace cuesheet {

struct Keyed {
  int64_t key;
  uint32_t number;

  auto operator<=>(const Keyed&) const = default;
};

// By key, then by number.
void Sort(std::vector<Keyed>& list);

}  // namespace cuesheet
