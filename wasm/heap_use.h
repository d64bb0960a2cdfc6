// How much of the module's memory is in use, and how much there can be. The heap itself only grows,
// so its size does not say how full it is.
#pragma once

#include <cstdint>

namespace cuesheet {

// Bytes of all living allocations of C++, with what the allocator adds to each.
uint64_t HeapInUse();
// Bytes that the heap can have at most.
uint64_t HeapCapacity();

}  // namespace cuesheet
