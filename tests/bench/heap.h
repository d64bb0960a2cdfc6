// The heap as this program's operator new and delete see it.
#pragma once

#include <cstddef>

namespace cuesheet::bench {

// Bytes that are allocated now, with what the allocator rounds each block up to.
size_t LiveHeapBytes();

}  // namespace cuesheet::bench
