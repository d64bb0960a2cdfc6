// The patterns that topics and names must keep (protocol.md 1.4), and topic patterns with
// wildcards.
#pragma once

#include <string>
#include <string_view>

namespace cuesheet {

// The patterns as AYON's validation errors quote them.
inline constexpr std::string_view kTopicPattern = R"(^[a-zA-Z][a-zA-Z0-9_\.\*]{2,64}$)";
inline constexpr std::string_view kProjectPattern =
    R"(^[a-zA-Z0-9_]([a-zA-Z0-9_\.\-]*[a-zA-Z0-9_])?$)";

// `dependsOn` -> depends_on, `Topic` -> topic: AYON's two forms of one name (protocol.md 1.2, 7.1).
std::string SnakeCase(std::string_view camel);

// 3-65 characters: an ASCII letter, then letters, digits, `_`, `.`, `*`.
bool IsTopic(std::string_view text);
// Also the pattern of GraphQL `statuses` and of the sender headers.
bool IsProjectName(std::string_view text);
bool IsUserName(std::string_view text);

// Topics of log lines, which queries leave out unless asked (protocol.md 6.3, includeLogs).
constexpr bool IsLogTopic(std::string_view topic) { return topic.starts_with("log."); }

// Case-sensitive match of the whole text: `*` matches any run of characters and `_` any character,
// as in AYON's SQL LIKE (protocol.md 6.3, topics).
bool MatchesTopicPattern(std::string_view text, std::string_view pattern);

}  // namespace cuesheet
