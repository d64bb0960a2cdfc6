// Standard base64 with padding, in which AYON wraps its page cursors (protocol.md 6.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cuesheet {

std::string Base64Encode(std::string_view bytes);
// Writes the same, 4 bytes for each 3, and returns the end.
char* PutBase64(char* out, std::string_view bytes);
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace cuesheet
