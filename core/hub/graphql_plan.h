// A plan is what a GraphQL document selects, by name, and the values of its arguments: the host
// makes it from a valid document (docs/border.md, graphql.plan). Which field gives which value is
// decided here. A selection becomes steps: known bytes of the answer, then a value, and so on. Thus
// a page costs a walk over these for each of its events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

// What a document selects, without the arguments of its fields of `events`.
struct GraphqlSelection {
  std::vector<PlanStep> steps;
  size_t pages = 0;  // fields of `events`

  // From a list of `{"field","as"?,"select"?}`. kInvalid for what is none, or has a field that its
  // type has not; kTooLarge.
  static Result<GraphqlSelection> Parse(std::string_view text);
};

// The selections that were used last: a client asks for the same one again and again, with other
// arguments.
class KnownSelections {
 public:
  static constexpr size_t kMaxKnown = 50;
  static constexpr size_t kMaxTextBytes = 8 << 10;  // of one that is kept

  // As GraphqlSelection::Parse(); the result is valid until the next call.
  Result<const GraphqlSelection*> Get(std::string_view text);

 private:
  struct Known {
    std::string text;
    GraphqlSelection selection;
  };
  std::vector<Known> known_;  // the one that was used last at the end
  GraphqlSelection other_;    // that was too long
};

// A selection and the arguments of its fields of `events`, in their order.
struct GraphqlPlan {
  const GraphqlSelection* selection = nullptr;
  std::vector<EventQuery> queries;

  // From two lines: the selection, and a list of arguments. kInvalid and kTooLarge as
  // GraphqlSelection::Parse(); for arguments as EventQuery::Parse(). Lives as long as `known` is
  // not asked again.
  static Result<GraphqlPlan> Parse(std::string_view body, KnownSelections& known);
};

// Appends the answer `{"data":…}`; `pages` are those of the queries. kTooLarge, and the error of a
// payload that cannot be read.
Result<void> AppendPlan(std::string& out, const GraphqlPlan& plan,
                        const std::vector<EventPage>& pages, const EventTable& table);

}  // namespace cuesheet
