#include "store/store_options.h"

#include <algorithm>

namespace cuesheet {
namespace {

constexpr uint64_t kMinWorkBytes = 1 << 20;

void Bound(uint64_t& bytes, uint64_t most) {
  bytes = std::min(bytes, std::max(most, kMinWorkBytes));
}

}  // namespace

StoreOptions FitTo(const MemoryBudget& memory, StoreOptions options) {
  if (!memory.is_bounded()) return options;
  const uint64_t reserve = memory.reserve();
  Bound(options.max_journal_bytes, memory.budget() / 16);
  Bound(options.max_pending_bytes, reserve / 4);
  Bound(options.block_text_bytes, reserve / 8);
  Bound(options.payload_files.written, reserve / 8);
  Bound(options.payload_files.joined, reserve / 4);
  Bound(options.thawed_bytes, reserve / 4);
  return options;
}

}  // namespace cuesheet
