// What GraphQL's pageInfo says of a page (protocol.md 17.4).
#pragma once

#include <cstdint>
#include <optional>

#include "query/event_query.h"

namespace cuesheet {

// The cursors are creation orders, none for an empty page. With `last` the start is the oldest
// event.
struct PageInfo {
  bool has_next = false;
  bool has_previous = false;
  std::optional<int64_t> start{};
  std::optional<int64_t> end{};
};

PageInfo InfoOf(const EventQuery& query, const PageEnds& ends);

}  // namespace cuesheet
