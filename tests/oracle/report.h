// What both parts of the oracle share: the options, the count, and the shrinking of a failed case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cuesheet::oracle {

struct Options {
  uint64_t seed = 1;
  size_t triples = 0;
  size_t sequences = 0;
  size_t steps = 100;
  std::optional<size_t> only;  // --case: this one alone
};

struct Score {
  size_t passed = 0;
  size_t failed = 0;
};

// The case that is being looked at.
struct Running {
  const char* part = "";
  size_t number = 0;
};
inline Running running;

inline constexpr size_t kMaxReports = 5;  // failures that are shrunken and printed

// Leaves items out, one at a time, as long as `fails` holds.
template <typename Item>
void DropItems(std::vector<Item>& items, const std::function<bool()>& fails) {
  for (size_t at = items.size(); at > 0; --at) {
    const std::vector<Item> before = items;
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(at - 1));
    if (!fails()) items = before;
  }
}

}  // namespace cuesheet::oracle
