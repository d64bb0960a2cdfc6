// What a description should not contain; the topic registry advises against it.
#pragma once

#include <string_view>

namespace cuesheet {

// Text after a line break.
bool HasSecondLine(std::string_view text);
// 32 hex digits or a hyphenated uuid as a word of its own.
bool HasId(std::string_view text);
// A password, key or token beside its name.
bool HasSecret(std::string_view text);

}  // namespace cuesheet
