#include "jobs/frontier.h"

#include <algorithm>
#include <utility>

#include "event/names.h"

namespace cuesheet {

Frontier::Frontier(FrontierKey key, const EventTable& table) : key_(std::move(key)), table_(table) {
  table.VisitRange({}, [this](Row row) {
    if (IsUnsettledSource(row)) sources_.insert(SourceOf(row));
    return true;
  });
}

bool Frontier::IsJob(Row row) const { return table_.topics().Get(row) == key_.target_topic; }

void Frontier::RowLeaves(Row row) {
  if (HasSourceTopic(row)) sources_.erase(SourceOf(row));
}

void Frontier::RowEnters(Row row) {
  if (IsUnsettledSource(row)) sources_.insert(SourceOf(row));
  // A job that changes may settle its source, or open it again.
  const Row parent = table_.Parent(row);
  if (parent == kNoRow || !HasSourceTopic(parent) || !IsJob(row)) return;
  if (IsUnsettledSource(parent)) {
    sources_.insert(SourceOf(parent));
  } else {
    sources_.erase(SourceOf(parent));
  }
}

Frontier::Source Frontier::SourceOf(Row row) const {
  return {table_.created_at(row), table_.creation_order(row), row};
}

bool Frontier::HasSourceTopic(Row row) const {
  return source_topics_.Has(table_.topics().code(row), [this](uint32_t code) {
    const std::string_view topic = table_.topics().words().text(code);
    if (key_.is_pattern) return MatchesTopicPattern(topic, key_.source_topics.front());
    return std::ranges::find(key_.source_topics, topic) != key_.source_topics.end();
  });
}

bool Frontier::IsUnsettledSource(Row row) const {
  if (!HasSourceTopic(row) || table_.status(row) != EventStatus::kFinished) return false;
  bool settled = false;
  table_.VisitChildren(row, [&](Row child) {
    settled = IsJob(child) && IsSettled(child);
    return !settled;
  });
  return !settled;
}

bool Frontier::IsSettled(Row job) const {
  const EventStatus status = table_.status(job);
  return status == EventStatus::kFinished || status == EventStatus::kAborted ||
         (status == EventStatus::kFailed && table_.retries(job) > key_.max_retries);
}

const Frontier& Frontiers::Of(const FrontierKeyView& key) {
  const auto known = std::ranges::find_if(
      recent_, [&key](const auto& frontier) { return key == frontier->key(); });
  if (known != recent_.end()) {
    if (known != recent_.begin()) std::rotate(recent_.begin(), known, known + 1);
  } else {
    // Dropping one loses nothing: it is made again from the table.
    if (recent_.size() == kMaxFrontiers) recent_.pop_back();
    recent_.insert(recent_.begin(), std::make_unique<Frontier>(key.Own(), table_));
  }
  return *recent_.front();
}

uint64_t Frontiers::BytesToMake(const FrontierKeyView& key) const {
  const auto is_it = [&key](const auto& frontier) { return key == frontier->key(); };
  if (std::ranges::any_of(recent_, is_it)) return 0;
  uint64_t sources = 0;
  for (uint32_t code = 0; code < table_.topics().words().size(); ++code) {
    const std::string_view topic = table_.topics().words().text(code);
    const bool is_source =
        key.is_pattern ? MatchesTopicPattern(topic, key.source_topics.front())
                       : std::ranges::find(key.source_topics, topic) != key.source_topics.end();
    if (is_source) sources += table_.counts().Of(Facet::kTopic, code).all;
  }
  return sources * kSourceBytes;
}

void Frontiers::RowLeaves(Row row) {
  for (const auto& frontier : recent_) frontier->RowLeaves(row);
}

void Frontiers::RowEnters(Row row) {
  for (const auto& frontier : recent_) frontier->RowEnters(row);
}

}  // namespace cuesheet
