// Runner's live queries: pages that are kept up to date by patches alone, as a client keeps them.
#include "patch.h"
#include "runner.h"
#include "store_adapter.h"

namespace cuesheet::oracle {

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
