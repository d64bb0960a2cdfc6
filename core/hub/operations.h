// One table of a hub's operations (docs/border.md, method 10) and of the HTTP requests that they
// answer, which refusals quote. `worker/edge/route-table.ts` has the routes of
// the host; tests/unit/border.test.ts compares the two.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cuesheet {

enum class HubOperation : uint8_t {
  kDispatch,
  kDispatchBatch,
  kGet,
  kUpdate,
  kDelete,
  kQuery,
  kEventOps,
  kEnroll,
  kChanges,
  kSnapshot,
  kExport,
  kGraphqlEvents,
  kGraphqlPlan,
};

struct HubOperationInfo {
  HubOperation operation;
  std::string_view name;
  std::string_view method;
  std::string_view path;  // ends with `{id}` where the operation is about one event
  bool has_arguments;     // a JSON body, or the query string as a JSON object; else it may be other
                          // text

  constexpr bool has_id() const { return path.ends_with("{id}"); }
};

inline constexpr std::array<HubOperationInfo, 13> kHubOperations = {{
    {HubOperation::kDispatch, "dispatch", "POST", "/api/events", true},
    {HubOperation::kDispatchBatch, "dispatch.batch", "POST", "/api/events/batch", true},
    {HubOperation::kGet, "get", "GET", "/api/events/{id}", false},
    {HubOperation::kUpdate, "update", "PATCH", "/api/events/{id}", true},
    {HubOperation::kDelete, "delete", "DELETE", "/api/events/{id}", false},
    {HubOperation::kQuery, "query", "POST", "/api/query", true},
    {HubOperation::kEventOps, "eventops", "POST", "/api/eventops", true},
    {HubOperation::kEnroll, "enroll", "POST", "/api/enroll", true},
    {HubOperation::kChanges, "changes", "GET", "/api/changes", true},
    {HubOperation::kSnapshot, "snapshot", "GET", "/api/snapshot", true},
    {HubOperation::kExport, "export", "GET", "/api/export", true},
    {HubOperation::kGraphqlEvents, "graphql.events", "POST", "/graphql", true},
    {HubOperation::kGraphqlPlan, "graphql.plan", "POST", "/graphql", false},
}};

constexpr const HubOperationInfo& InfoOf(HubOperation operation) {
  return kHubOperations[static_cast<size_t>(operation)];
}

static_assert([] {
  for (size_t i = 0; i < kHubOperations.size(); ++i) {
    if (kHubOperations[i].operation != static_cast<HubOperation>(i)) return false;
  }
  return kHubOperations.back().operation == HubOperation::kGraphqlPlan;
}());

// The operation with this name; kInvalid when there is none.
Result<HubOperation> ParseHubOperation(std::string_view name);

// The path of a request, with its id unchanged.
std::string PathOf(HubOperation operation, std::string_view id);

}  // namespace cuesheet
