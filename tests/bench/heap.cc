#include "heap.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

size_t live_bytes = 0;

}  // namespace

namespace cuesheet::bench {

size_t LiveHeapBytes() { return live_bytes; }

}  // namespace cuesheet::bench

// The array and nothrow forms of the standard library end in these.
void* operator new(size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) std::abort();
  live_bytes += malloc_usable_size(block);
  return block;
}

void operator delete(void* block) noexcept {
  live_bytes -= malloc_usable_size(block);
  std::free(block);
}

void operator delete(void* block, size_t) noexcept { operator delete(block); }
