// A plan is what a GraphQL document selects, by name and with the values of its arguments: the host
// makes it from a valid document (docs/border.md, graphql.plan). Which field gives which value is
// decided here. A plan becomes steps: known bytes of the answer, then a value, and so on. Thus a
// page costs a walk over these for each of its events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"
#include "event/event.h"
#include "query/event_query.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr size_t kMaxPlanFields = 1000;  // of all its levels, of which the types allow four
// A plan answers a field of `events` when the fields before it have given fewer events than this.
inline constexpr size_t kMaxPlanEvents = 100'000;
inline constexpr size_t kMaxPlanAnswerBytes = size_t{64} << 20;

enum class PlanValue : uint8_t {
  kEnd,     // none: the last step has only bytes
  kEvents,  // the next page; `inner` writes its connection
  kEdges,   // `inner` writes each event of the page
  kCursor,
  kField,
  kHasNextPage,
  kHasPreviousPage,
  kStartCursor,
  kEndCursor,
};

struct PlanStep {
  std::string before{};  // the bytes before the value
  PlanValue value = PlanValue::kEnd;
  Field field = Field::kId;       // of kField
  bool reads_payloads = false;    // of kEdges: one of its steps is the payload
  std::vector<PlanStep> inner{};  // of kEvents and kEdges
};

struct GraphqlPlan {
  std::vector<PlanStep> steps;
  std::vector<EventQuery> queries;  // of the fields of `events`, in their order

  // From `{"select":[{"field","as"?,"arguments"?,"select"?},…]}`. kInvalid for what is no plan or
  // has a field that its type has not; kTooLarge; for arguments as EventQuery::Parse.
  static Result<GraphqlPlan> Parse(const Json& body);
};

// Appends the answer `{"data":…}`; `pages` are those of the queries. kTooLarge, and the error of a
// payload that cannot be read.
Result<void> AppendPlan(std::string& out, const GraphqlPlan& plan,
                        const std::vector<EventPage>& pages, const EventTable& table);

}  // namespace cuesheet
