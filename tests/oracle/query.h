// The `events` query (protocol.md 6.3-6.5, 17): a loop over all events, asked with the JSON of the
// GraphQL arguments and `where`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event.h"

namespace cuesheet::oracle {

struct Page {
  bool refused = false;
  std::vector<std::string> ids{};  // as ordered
  bool has_next = false;
  bool has_previous = false;
  std::optional<std::string> start_cursor{};
  std::optional<std::string> end_cursor{};

  bool operator==(const Page&) const = default;
};

Page Ask(const World& world, const Json& arguments);

std::string CursorText(int64_t order);

// For a failure's report.
std::string Describe(const Page& page);

}  // namespace cuesheet::oracle
