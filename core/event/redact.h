// Removes what must never reach a disk or a socket: AYON puts the session token into the summary
// of auth.logout (protocol.md 2, quirk c).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cuesheet {

// The summary without its secrets; nullopt when it has none. `summary` is canonical JSON text.
std::optional<std::string> RedactedSummary(std::string_view topic, std::string_view summary);

}  // namespace cuesheet
