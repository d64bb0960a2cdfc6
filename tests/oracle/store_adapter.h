// Live queries and retention as the steps use them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event.h"
#include "store/event_store.h"

namespace cuesheet::oracle {

inline void OpenLive(EventStore& store, uint32_t live, EventQuery query, std::string& page) {
  CUE_ASSERT(store.answers().OpenLive(live, std::move(query), page).has_value());
}
inline void CloseLive(EventStore& store, uint32_t live) { store.answers().CloseLive(live); }
inline void TakeLivePatches(EventStore& store, std::string& lines) {
  CUE_ASSERT(store.answers().TakeLivePatches(lines).has_value());
}

// Rules as in Model::Retain.
inline size_t Retain(EventStore& store, const Json& rules, Timestamp now) {
  std::vector<RetentionRule> list;
  for (const Json& rule : rules) {
    const auto number = [&rule](const char* name) {
      return rule.contains(name) ? std::optional(rule[name].get<int64_t>()) : std::nullopt;
    };
    list.push_back({.topics = rule["topics"],
                    .max_age_seconds = number("maxAge"),
                    .max_events = number("maxEvents")});
  }
  return store.ledger().Retain(list, now).value();
}

}  // namespace cuesheet::oracle
