#include "base/bytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cuesheet {

uint64_t Checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace cuesheet
