#include "heap_use.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

extern "C" char __heap_base;  // NOLINT(bugprone-reserved-identifier): the linker's name

namespace {

// 32 bits of addresses; emscripten_get_heap_max() is less than that by a page.
constexpr uint64_t kAddresses = uint64_t{1} << 32;
size_t in_use = 0;

}  // namespace

// Asking the allocator for its statistics (mallinfo) would walk the whole heap.
void* operator new(size_t size) {
  void* const pointer = std::malloc(size == 0 ? 1 : size);
  if (pointer == nullptr) std::abort();
  in_use += malloc_usable_size(pointer) + sizeof(size_t);
  return pointer;
}

void operator delete(void* pointer) noexcept {
  if (pointer == nullptr) return;
  in_use -= malloc_usable_size(pointer) + sizeof(size_t);
  std::free(pointer);
}

void operator delete(void* pointer, size_t /*size*/) noexcept { operator delete(pointer); }

namespace cuesheet {

uint64_t HeapInUse() { return in_use; }

uint64_t HeapCapacity() { return kAddresses - reinterpret_cast<uintptr_t>(&__heap_base); }

}  // namespace cuesheet
