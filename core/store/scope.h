// Which events a store keeps (docs/storage.md, Scope).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"
#include "query/code_set.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr size_t kMaxScopeNames = 1000;  // topics, projects
// The size of an event beside its texts, for `max_bytes`.
inline constexpr int64_t kScopeRowBytes = 128;

struct Scope {
  std::optional<std::vector<std::string>> topics{};    // patterns with `*`
  std::optional<std::vector<std::string>> projects{};  // an event without a project matches none
  std::optional<int64_t> max_age_seconds{};            // since the last update
  std::optional<int64_t> max_events{};
  std::optional<int64_t> max_bytes{};  // description, summary, payload and kScopeRowBytes each

  bool Covers(std::string_view topic, const std::optional<std::string_view>& project) const;
};

// {"topics"?,"projects"?,"maxAge"? (seconds),"maxEvents"?,"maxBytes"?}; kInvalid names the key.
Result<Scope> ParseScope(const Json& value);

// Covers() for rows, evaluated once for each topic and project. The scope must outlive it.
class ScopeMatcher {
 public:
  ScopeMatcher(const Scope& scope, const EventTable& table) : scope_(scope), table_(table) {}
  bool Covers(Row row) const;

 private:
  const Scope& scope_;
  const EventTable& table_;
  CodeSet topics_;
  CodeSet projects_;
};

}  // namespace cuesheet
