#include "query/event_matcher.h"

#include <algorithm>

#include "event/names.h"

namespace cuesheet {
namespace {

bool IsListed(const DictionaryColumn& column, uint32_t code,
              const std::unordered_set<std::string_view>& names) {
  return code != DictionaryColumn::kNull && names.contains(column.words().text(code));
}

}  // namespace

EventMatcher::EventMatcher(const EventQuery& query, const EventTable& table)
    : query_(query), table_(table), text_(query.text, table), where_(query.where, table) {
  if (query.projects) project_names_.insert(query.projects->begin(), query.projects->end());
  if (query.users) user_names_.insert(query.users->begin(), query.users->end());
  if (query.ids) ids_.insert(query.ids->begin(), query.ids->end());
  if (!query.statuses) return;
  for (size_t i = 0; i < kEventStatusNames.size(); ++i) {
    const auto wanted = std::ranges::find(*query.statuses, kEventStatusNames[i]);
    if (wanted != query.statuses->end()) statuses_ |= 1U << i;
  }
}

// The cheap conditions come first: most rows fail one of them.
bool EventMatcher::MatchesNow(Row row) {
  const auto has_topic = [this](uint32_t code) { return HasTopic(code); };
  const auto has_project = [this](uint32_t code) {
    return IsListed(table_.projects(), code, project_names_);
  };
  const auto has_user = [this](uint32_t code) {
    return IsListed(table_.users(), code, user_names_);
  };
  return HasStatus(row) && topics_.Has(table_.topics().code(row), has_topic) &&
         (!query_.projects || projects_.Has(table_.projects().code(row), has_project)) &&
         (!query_.users || users_.Has(table_.users().code(row), has_user)) &&
         (!query_.older_than || table_.created_at(row) < *query_.older_than) &&
         (!query_.newer_than || table_.created_at(row) > *query_.newer_than) &&
         (!query_.has_children || table_.HasChildren(row) == *query_.has_children) &&
         (!query_.ids || ids_.contains(table_.id(row))) && text_.Matches(row) &&
         where_.Matches(row);
}

bool EventMatcher::HasTopic(uint32_t code) const {
  if (code == DictionaryColumn::kNull) return false;  // every event has a topic
  const std::string_view topic = table_.topics().words().text(code);
  if (!query_.topics) return query_.include_logs || !IsLogTopic(topic);
  return std::ranges::any_of(*query_.topics, [topic](const std::string& pattern) {
    return MatchesTopicPattern(topic, pattern);
  });
}

}  // namespace cuesheet
