// Whether a text is canonical JSON already (base/json.h, CanonicalText), in one pass without a
// tree. A bulk import reads its own export this way; anything else goes through the parser first.
#pragma once

#include <cstddef>
#include <string_view>

namespace cuesheet {

inline constexpr size_t kNotCanonical = static_cast<size_t>(-1);

// The position after the value that begins at `at`, inside of `depth` arrays and objects;
// kNotCanonical when the value is not valid JSON, is nested deeper than kMaxJsonDepth, or is not
// written as CanonicalText would write it. It also returns kNotCanonical for some rare canonical
// texts (escapes in keys, long fractions), never the reverse.
size_t CanonicalEnd(std::string_view text, size_t at, size_t depth = 0);

}  // namespace cuesheet
