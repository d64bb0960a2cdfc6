// Reads whole events, one JSON object a line, as GET /api/events/{id} and an export write them
// (protocol.md 1.1). It is for bulk import, where a tree of JSON values for each event would cost
// more than everything else.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/result.h"
#include "event/event.h"

namespace cuesheet {

// Of one line of an import. Larger than kMaxEventBytes, because several requests can make an event
// grow, and canonical numbers can be longer than those that were sent.
inline constexpr size_t kMaxEventLineBytes = 8 << 20;

class EventReader {
 public:
  // camelCase or snake_case names; id, topic, createdAt and updatedAt are required, unknown names
  // are ignored, and the creation order is not read. The view points into `line` and into the
  // reader and is valid until the next call. kInvalid names the member, kTooLarge the limit.
  Result<EventView> Read(std::string_view line, size_t max_bytes = kMaxEventLineBytes);

  // The same for members that are not in one object; `value` is canonical JSON text. Call Begin(),
  // Member() for each, and Complete().
  void Begin() { unescaped_.clear(); }
  Result<void> Member(std::string_view name, std::string_view value, EventView& event,
                      FieldSet& read);
  static Result<EventView> Complete(EventView event, FieldSet read);

 private:
  using EndOfValue = size_t (*)(std::string_view text, size_t at, size_t depth);
  Result<EventView> ReadCanonical(std::string_view line, EndOfValue end_of);
  Result<std::string_view> Text(std::string_view name, std::string_view value);

  std::string canonical_;
  std::deque<std::string> unescaped_;
};

}  // namespace cuesheet
