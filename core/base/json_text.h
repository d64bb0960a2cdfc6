// JSON as text. Canonical text (base/json.h, CanonicalText) is read in place: members are found
// without building a tree, because a filter over a million summaries cannot afford one each. Only
// for text that this core wrote itself: nothing is checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cuesheet {

// The position of the next quote, backslash, control character or byte that is not ASCII, sixteen
// bytes at a time. Within a string, everything before it needs no decoding.
size_t SkipPlainJson(std::string_view text, size_t at);

// The position after the value that begins at `at`.
size_t SkipJsonValue(std::string_view text, size_t at);

// Calls visit(key, value) for each member of an object: both as written in the text, the key
// without its quotes. `visit` returns false to stop.
template <typename Visit>
void VisitMembers(std::string_view object, Visit visit) {
  for (size_t at = 1; at < object.size() && object[at] == '"';) {
    const size_t key_end = SkipJsonValue(object, at);
    const size_t value = key_end + 1;
    const size_t value_end = SkipJsonValue(object, value);
    if (key_end < at + 2 || value_end <= value || value_end >= object.size()) return;
    if (!visit(object.substr(at + 1, key_end - at - 2), object.substr(value, value_end - value))) {
      return;
    }
    at = value_end + 1;
  }
}

// The text of a member, `key` as written between the quotes; nullopt when there is none or `text`
// is not an object.
std::optional<std::string_view> MemberText(std::string_view text, std::string_view key);

// A key as canonical text writes it between the quotes.
std::string JsonKeyText(std::string_view key);

// The most bytes that PutJsonString writes for a text of `size` bytes.
constexpr size_t JsonStringBound(size_t size) { return 6 * size + 10; }

// Writes `text`, UTF-8, as a JSON string with its quotes and returns the end. Up to eight bytes
// after the end may be written too.
char* PutJsonString(char* out, std::string_view text);
// Appends the same.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace cuesheet
