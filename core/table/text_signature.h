// A 64-bit summary of which three-byte runs a folded text contains. A word whose bits are not all
// among those of a text is not in the text; the others have to be looked at.
#pragma once

#include <cstdint>
#include <string_view>

namespace cuesheet {

inline uint64_t TextSignature(std::string_view folded) {
  uint64_t bits = 0;
  uint32_t run = 0;
  for (size_t i = 0; i < folded.size(); ++i) {
    run = (run << 8 | static_cast<uint8_t>(folded[i])) & 0xFFFFFF;
    if (i >= 2) bits |= uint64_t{1} << (run * 0x9E3779B1U >> 26);
  }
  return bits;
}

}  // namespace cuesheet
