// Rules for events that a store need not keep forever: by topic pattern, age and number.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"
#include "store/scope.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr size_t kMaxRetired = 10'000;  // events removed by one call
inline constexpr size_t kMaxRetentionRules = 100;

struct RetentionRule {
  std::string topics;                        // a pattern with `*`
  std::optional<int64_t> max_age_seconds{};  // since the last update
  std::optional<int64_t> max_events{};       // of the pattern in all, the newest stay
};

// {"rules":[{"topics","maxAgeSeconds"?,"maxEvents"?}]}; kInvalid names the part.
Result<std::vector<RetentionRule>> ParseRetentionRules(const Json& body);

// What a host asks of the method `retain`.
struct RetainRequest {
  std::vector<RetentionRule> rules{};
  std::optional<Scope> scope{};  // the store's from now on
  bool make_room = false;        // also remove the oldest tenth
};

// {"rules"?,"scope"?,"makeRoom"?}, at least one of them; kInvalid names the part.
Result<RetainRequest> ParseRetainRequest(const Json& body);

// By row, whether at least one rule does not keep the event. It does not check whether the event
// has children. A bit for each row, because this may be all of a full store.
std::vector<bool> RowsToRetire(const EventTable& table, std::span<const RetentionRule> rules,
                               Timestamp now);

}  // namespace cuesheet
