#include "base/sort.h"

#include <algorithm>

namespace cuesheet {

void Sort(std::vector<Keyed>& list) { std::ranges::sort(list); }

}  // namespace cuesheet
