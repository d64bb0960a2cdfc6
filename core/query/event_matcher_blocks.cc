// EventMatcher: where to look for matches. It runs once for a query, or once for a block: in a page's
// module this file is built for size (core/CMakeLists.txt).
#include <algorithm>

#include "query/event_matcher.h"

namespace cuesheet {

bool EventMatcher::NextBlock(RowOrder::Walk& blocks,
                             std::optional<BlockCondition>& condition) const {
  const bool is_first = blocks.is_before();
  while (blocks.Next()) {
    if (is_first) return true;
    if (!condition) condition = Blocks();
    if (condition->MayMatch(blocks.summary())) return true;
  }
  return false;
}

BlockCondition EventMatcher::Blocks() const {
  BlockCondition blocks;
  const auto has_topic = [this](uint32_t code) {
    return topics_.Has(code, [this](uint32_t unknown) { return HasTopic(unknown); });
  };
  const size_t patterns = query_.topics ? query_.topics->size() : 1;
  blocks.RequireCode(BlockColumn::kTopic, table_.topics(), has_topic, patterns);
  if (query_.projects) {
    blocks.RequireNames(BlockColumn::kProject, table_.projects(), *query_.projects);
  }
  if (query_.users) blocks.RequireNames(BlockColumn::kUser, table_.users(), *query_.users);
  if (query_.statuses) blocks.RequireStatus(statuses_);
  if (query_.older_than) blocks.RequireOlderThan(*query_.older_than);
  if (query_.newer_than) blocks.RequireNewerThan(*query_.newer_than);
  if (query_.has_children.value_or(false)) blocks.RequireChildren();
  where_.Restrict(blocks);
  return blocks;
}

// The rows that the query names by ids, hashes, a parent or an indexed value, in range and
// direction.
std::optional<std::vector<Row>> EventMatcher::FewCandidates(const OrderRange& range) const {
  std::vector<Row> rows;
  if (query_.ids) {
    for (const Uuid& id : ids_) {
      const Row row = table_.FindById(id);
      if (row != kNoRow) rows.push_back(row);
    }
  } else if (auto named = where_.NamedRows()) {
    rows = std::move(*named);
  } else {
    return std::nullopt;
  }
  std::erase_if(rows, [&](Row row) {
    const auto order = static_cast<double>(table_.creation_order(row));
    return order <= range.after || order >= range.before;
  });
  table_.SortByOrder(rows);
  rows.erase(std::ranges::unique(rows).begin(), rows.end());
  if (range.newest_first) std::ranges::reverse(rows);
  return rows;
}

}  // namespace cuesheet
