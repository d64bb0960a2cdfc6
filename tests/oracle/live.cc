// Runner's live queries: pages that are kept up to date by patches alone, as a client keeps them.
#include "runner.h"
#include "store_adapter.h"

namespace cuesheet::oracle {
namespace {

// One row of a page taken out, put in, moved or replaced; false for a patch that does not fit.
bool ApplyPatch(Json& rows, const Json& patch) {
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

}  // namespace

void Runner::OpenLive(uint32_t live, const Json& query) {
  if (queries_.contains(live)) return;
  std::string page;
  oracle::OpenLive(engine_.store, live, EventQuery::Parse(query).value(), page);
  queries_[live] = query;
  pages_[live] = Json::parse(page);
}

void Runner::ApplyPatches() {
  std::string lines;
  oracle::TakeLivePatches(engine_.store, lines);
  for (size_t from = 0; from < lines.size();) {
    const size_t end = lines.find('\n', from);
    const Json line = Json::parse(lines.substr(from, end - from));
    from = end + 1;
    const auto page = pages_.find(line["live"].get<uint32_t>());
    if (page == pages_.end()) {
      Expect("live queries", "only those that are open", line.dump());
      return;
    }
    for (const Json& patch : line["patches"]) {
      if (!ApplyPatch(page->second["events"], patch)) {
        Expect("patch", "fits a page of " + std::to_string(page->second["events"].size()),
               line.dump());
        return;
      }
    }
    page->second["pageInfo"] = line["pageInfo"];
    agreed_.erase(page->first);
  }
  for (const auto& [live, query] : queries_) {
    const std::string fresh = FreshPage(query);
    if (fresh == agreed_[live]) continue;  // nothing was patched and nothing should have been
    Expect("live query " + query.dump(), Json::parse(fresh).dump(), pages_[live].dump());
    agreed_[live] = fresh;
  }
}

}  // namespace cuesheet::oracle
