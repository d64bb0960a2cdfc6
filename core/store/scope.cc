#include "store/scope.h"

#include <algorithm>

#include "base/json.h"
#include "event/names.h"

namespace cuesheet {
namespace {

constexpr int64_t kMaxAgeSeconds = int64_t{100} * 366 * 86'400;
constexpr int64_t kMaxScopeBytes = int64_t{1} << 50;

std::unexpected<Error> Wrong(std::string_view key, const std::string& expected) {
  return Fail(ErrorCode::kInvalid, "scope." + std::string(key) + ": expected " + expected);
}

Result<std::optional<std::vector<std::string>>> ReadNames(std::string_view key, const Json& value) {
  const auto wrong = [key] {
    return Wrong(key, "a list of 1 to " + std::to_string(kMaxScopeNames) + " names");
  };
  if (!value.is_array() || value.empty() || value.size() > kMaxScopeNames) return wrong();
  std::vector<std::string> names;
  for (const Json& name : value) {
    if (!name.is_string()) return wrong();
    names.push_back(name.get<std::string>());
  }
  return names;
}

Result<std::optional<int64_t>> ReadCount(std::string_view key, const Json& value, int64_t limit) {
  if (value.is_number_integer() && value >= 0 && value <= limit) return value.get<int64_t>();
  return Wrong(key, "a whole number from 0 to " + std::to_string(limit));
}

bool HasTopic(const Scope& scope, std::string_view topic) {
  return !scope.topics || std::ranges::any_of(*scope.topics, [topic](const std::string& pattern) {
    return MatchesTopicPattern(topic, pattern);
  });
}

bool HasProject(const Scope& scope, const std::optional<std::string_view>& project) {
  return !scope.projects ||
         (project && std::ranges::find(*scope.projects, *project) != scope.projects->end());
}

}  // namespace

bool Scope::Covers(std::string_view topic, const std::optional<std::string_view>& project) const {
  return HasTopic(*this, topic) && HasProject(*this, project);
}

Result<Scope> ParseScope(const Json& value) {
  if (!value.is_object()) return Fail(ErrorCode::kInvalid, "scope: expected an object");
  Scope scope;
  for (const auto& [key, member] : value.items()) {
    if (member.is_null()) continue;
    if (key == "topics") {
      CUE_ASSIGN(scope.topics, ReadNames(key, member));
    } else if (key == "projects") {
      CUE_ASSIGN(scope.projects, ReadNames(key, member));
    } else if (key == "maxAge") {
      CUE_ASSIGN(scope.max_age_seconds, ReadCount(key, member, kMaxAgeSeconds));
    } else if (key == "maxEvents") {
      CUE_ASSIGN(scope.max_events, ReadCount(key, member, INT32_MAX));
    } else if (key == "maxBytes") {
      CUE_ASSIGN(scope.max_bytes, ReadCount(key, member, kMaxScopeBytes));
    } else {
      return Fail(ErrorCode::kInvalid,
                  "scope." + key +
                      ": no such key; there are topics, projects, maxAge (seconds), "
                      "maxEvents and maxBytes");
    }
  }
  return scope;
}

bool ScopeMatcher::Covers(Row row) const {
  const auto has_topic = [this](uint32_t code) {
    return HasTopic(scope_, table_.topics().words().text(code));
  };
  const auto has_project = [this](uint32_t code) {
    if (code == DictionaryColumn::kNull) return HasProject(scope_, std::nullopt);
    return HasProject(scope_, table_.projects().words().text(code));
  };
  return topics_.Has(table_.topics().code(row), has_topic) &&
         projects_.Has(table_.projects().code(row), has_project);
}

}  // namespace cuesheet
