// SHA-256 (FIPS 180-4), for AYON's job hashes (protocol.md 8.6). Not for secrets: it is not written
// to resist timing.
#pragma once

#include <string>
#include <string_view>

namespace cuesheet {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace cuesheet
