// The page of a live query, kept by its patches as a client keeps it (docs/border.md, patches).
#pragma once

#include <cstddef>

#include "base/json.h"

namespace cuesheet::oracle {

// One row of a page taken out, put in, moved or replaced; false for a patch that does not fit.
inline bool ApplyPatch(Json& rows, const Json& patch) {
  const auto op = patch["op"].get<std::string>();
  const auto at = patch["at"].get<size_t>();
  if (op == "insert") {
    if (at > rows.size()) return false;
    rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(at), patch["event"]);
    return true;
  }
  if (at >= rows.size()) return false;
  if (op == "remove") {
    rows.erase(at);
  } else if (op == "update") {
    rows[at] = patch["event"];
  } else {
    const auto from = patch["from"].get<size_t>();
    if (op != "move" || from >= rows.size()) return false;
    const Json row = rows[from];
    rows.erase(from);
    rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(at), row);
  }
  return true;
}

}  // namespace cuesheet::oracle
