// JSON is nlohmann/json. Text from outside is parsed here, with limits, and nowhere else.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "base/json_text.h"
#include "base/result.h"

namespace cuesheet {

inline constexpr size_t kMaxJsonDepth = 64;  // nested arrays and objects

// kInvalid with the position for text that is not JSON (UTF-8 included); kTooLarge when nested
// deeper than kMaxJsonDepth. An escape that is half of a surrogate pair is read as U+FFFD.
Result<Json> ParseJson(std::string_view text);

// The same for text that this core wrote itself: summaries, payloads and parts of them.
Json ParseStoredJson(std::string_view text);

// Compact text, keys sorted, UTF-8 unescaped: the form in which summaries and payloads are stored
// and in which GraphQL shows them (protocol.md 6.3).
std::string CanonicalText(const Json& value);

// A member of an object; nullptr when it is missing or `object` is not an object.
const Json* FindMember(const Json& object, std::string_view key);
// The text of a member; empty when it is missing or not a text. Lives as long as `object`.
std::string_view TextMember(const Json& object, std::string_view key);

}  // namespace cuesheet
