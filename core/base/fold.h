// The text filter's folding (protocol.md 17.1): compatibility decomposition, combining marks
// dropped, lower case; then only letters, digits, space and `, . / \ ; : ! | * ^ # @ ~ +
// - _ =` are kept. Other scripts compare as themselves.
#pragma once

#include <string>
#include <string_view>

namespace cuesheet {

// `text` is UTF-8; other bytes are dropped.
std::string Fold(std::string_view text);
// The same, into a buffer that the caller reuses.
void FoldInto(std::string& out, std::string_view text);

}  // namespace cuesheet
