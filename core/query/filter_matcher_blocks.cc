// FilterMatcher: which rows and blocks can have a match. It runs once for a query: in a page's module
// this file is built for size (core/CMakeLists.txt).
#include <algorithm>

#include "base/json.h"
#include "query/filter_matcher.h"
#include "query/filter_node.h"

namespace cuesheet {
namespace {

// A condition on a column that a summary has.
struct SummarizedColumn {
  BlockColumn column;
  const DictionaryColumn& dictionary;
};

std::optional<SummarizedColumn> Summarized(const EventTable& table, FilterColumn column) {
  switch (column) {
    case FilterColumn::kTopic:
      return SummarizedColumn{BlockColumn::kTopic, table.topics()};
    case FilterColumn::kProject:
      return SummarizedColumn{BlockColumn::kProject, table.projects()};
    case FilterColumn::kUser:
      return SummarizedColumn{BlockColumn::kUser, table.users()};
    default:
      return std::nullopt;
  }
}

// The rows with the ids or hashes that a condition asks for, or the children of the parent; none
// when it asks for something else.
std::optional<std::vector<Row>> RowsNamedBy(const EventTable& table,
                                            const FilterCondition& condition) {
  const Json& value = condition.value;
  const FilterColumn column = condition.column;
  std::vector<Row> rows;
  if (column == FilterColumn::kDependsOn && condition.op == FilterOp::kEq) {
    const Row parent = table.FindById(*Uuid::Parse(value.get_ref<const std::string&>()));
    if (parent == kNoRow) return std::nullopt;  // its children are found by no index
    table.VisitChildren(parent, [&rows](Row child) {
      rows.push_back(child);
      return true;
    });
    return rows;
  }
  if (column != FilterColumn::kId && column != FilterColumn::kHash) return std::nullopt;
  const auto add = [&](const Json& item) {
    const auto& text = item.get_ref<const std::string&>();
    const Row row = column == FilterColumn::kId ? table.FindById(*Uuid::Parse(text))
                                                : table.FindByHash(text);
    if (row != kNoRow) rows.push_back(row);
  };
  if (condition.op == FilterOp::kEq) {
    add(value);
  } else if (condition.op == FilterOp::kIn) {
    std::ranges::for_each(value, add);
  } else {
    return std::nullopt;
  }
  return rows;
}

bool IsIndexed(const FilterCondition& condition) {
  return condition.column == FilterColumn::kSummary && condition.path.size() == 1 &&
         condition.path.front() == kIndexedSummaryKey;
}

// Of a condition on a text, to comparing two codes.
constexpr size_t kCostOfTest = 16;

}  // namespace

template <typename Visit>
void FilterMatcher::VisitRequired(const Node& node, Visit visit) const {
  if (node.condition != nullptr) return visit(node);
  // One of several alternatives is not required.
  if (node.any && node.children.size() != 1) return;
  for (const Node& child : node.children) VisitRequired(child, visit);
}

std::optional<std::vector<Row>> FilterMatcher::NamedRows() const {
  std::optional<std::vector<Row>> rows;
  VisitRequired(root_, [&](const Node& leaf) {
    if (!rows) rows = RowsNamedBy(table_, *leaf.condition);
    if (!rows && !leaf.text.empty() && IsIndexed(*leaf.condition)) {
      rows.emplace();
      table_.VisitIndexed(leaf.text, [&rows](Row row) { rows->push_back(row); });
    }
  });
  return rows;
}

void FilterMatcher::Restrict(BlockCondition& blocks) const {
  VisitRequired(root_, [&](const Node& leaf) { RestrictBy(leaf, blocks); });
}

void FilterMatcher::RestrictBy(const Node& leaf, BlockCondition& blocks) const {
  const FilterCondition& condition = *leaf.condition;
  if (const auto known = Summarized(table_, condition.column)) {
    const auto test = [&](uint32_t code) { return CodeMatches(leaf, known->dictionary, code); };
    return blocks.RequireCode(known->column, known->dictionary, test, kCostOfTest);
  }
  if (condition.column == FilterColumn::kStatus) {
    uint32_t statuses = 0;
    for (size_t i = 0; i < kEventStatusNames.size(); ++i) {
      if (ValueMatches(leaf, kEventStatusNames[i])) statuses |= 1U << i;
    }
    return blocks.RequireStatus(statuses);
  }
  if (condition.column != FilterColumn::kCreatedAt || !condition.value.is_number_integer()) return;
  const auto time = condition.value.get<int64_t>();
  const FilterOp op = condition.op;
  if (op == FilterOp::kLt) blocks.RequireOlderThan({time});
  if (op == FilterOp::kLte || op == FilterOp::kEq) blocks.RequireOlderThan({time + 1});
  if (op == FilterOp::kGt) blocks.RequireNewerThan({time});
  if (op == FilterOp::kGte || op == FilterOp::kEq) blocks.RequireNewerThan({time - 1});
}

}  // namespace cuesheet
