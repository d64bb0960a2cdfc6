#include "hub/graphql_plan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "event/codec.h"
#include "event/graphql_fields.h"
#include "query/page_info.h"

namespace cuesheet {
namespace {

enum class Type : uint8_t { kQuery, kConnection, kEdge, kNode, kPageInfo };

constexpr std::array<std::string_view, 5> kTypeNames = {"Query", "EventsConnection", "EventEdge",
                                                        "EventNode", "PageInfo"};

std::string_view NameOf(Type type) { return kTypeNames[static_cast<size_t>(type)]; }

// How a field gets its bytes: they are known, it is an object of its own fields, or it has a value.
enum class Kind : uint8_t { kNull, kObject, kValue };

struct PlannedField {
  Type of;
  std::string_view name;
  Kind kind;
  PlanValue value = PlanValue::kEnd;
  std::optional<Type> type{};  // of its selection
};

// The types of AYON's schema (protocol.md 6.3). Those of an EventNode that are fields of an event
// are not listed. The last of each type are leftovers that are always null.
constexpr std::array<PlannedField, 12> kPlannedFields = {{
    {Type::kQuery, "events", Kind::kValue, PlanValue::kEvents, Type::kConnection},
    {Type::kConnection, "pageInfo", Kind::kObject, PlanValue::kEnd, Type::kPageInfo},
    {Type::kConnection, "edges", Kind::kValue, PlanValue::kEdges, Type::kEdge},
    {Type::kConnection, "fieldStats", Kind::kNull},
    {Type::kEdge, "node", Kind::kObject, PlanValue::kEnd, Type::kNode},
    {Type::kEdge, "cursor", Kind::kValue, PlanValue::kCursor},
    {Type::kPageInfo, "hasNextPage", Kind::kValue, PlanValue::kHasNextPage},
    {Type::kPageInfo, "hasPreviousPage", Kind::kValue, PlanValue::kHasPreviousPage},
    {Type::kPageInfo, "startCursor", Kind::kValue, PlanValue::kStartCursor},
    {Type::kPageInfo, "endCursor", Kind::kValue, PlanValue::kEndCursor},
    {Type::kPageInfo, "columnMetadata", Kind::kNull},
    {Type::kNode, "data", Kind::kNull},
}};

const PlannedField* FindField(Type type, std::string_view name) {
  for (const PlannedField& field : kPlannedFields) {
    if (field.of == type && field.name == name) return &field;
  }
  return nullptr;
}

// GraphQL shows neither the type of the sender nor the creation order.
std::optional<Field> FindEventField(std::string_view name) {
  for (const FieldInfo& info : kFields) {
    const bool is_shown = info.field != Field::kSenderType && info.field != Field::kCreationOrder;
    if (is_shown && info.name == name) return info.field;
  }
  return std::nullopt;
}

// Makes the steps of a selection. Each level of a selection is of another type, so there are at
// most four.
class Compiler {
 public:
  size_t pages() const { return pages_; }

  // The steps of a whole value: those of an object of this type.
  Result<std::vector<PlanStep>> Compile(Type type, const Json* select, std::string before = "") {
    std::vector<PlanStep> steps;
    std::string bytes = std::exchange(bytes_, std::move(before));
    std::vector<PlanStep>* outer = std::exchange(steps_, &steps);
    CUE_TRY(AddObject(type, select));
    steps_ = outer;
    steps.push_back({.before = std::exchange(bytes_, std::move(bytes))});
    return steps;
  }

 private:
  Result<void> AddObject(Type type, const Json* select) {
    if (select == nullptr || !select->is_array()) {
      return Fail(ErrorCode::kInvalid,
                  "select: expected a list of fields of " + std::string(NameOf(type)));
    }
    bytes_ += '{';
    bool is_first = true;
    for (const Json& item : *select) {
      if (++fields_ > kMaxPlanFields) {
        return Fail(ErrorCode::kTooLarge,
                    "the plan has more than " + std::to_string(kMaxPlanFields) + " fields");
      }
      const std::string_view name = TextMember(item, "field");
      const std::string_view key = TextMember(item, "as");
      if (!std::exchange(is_first, false)) bytes_ += ',';
      AppendJsonString(bytes_, key.empty() ? name : key);
      bytes_ += ':';
      CUE_TRY(AddValue(type, name, item));
    }
    bytes_ += '}';
    return {};
  }

  Result<void> AddValue(Type type, std::string_view name, const Json& item) {
    if (name == "__typename") {
      AppendJsonString(bytes_, NameOf(type));
      return {};
    }
    const auto event_field = type == Type::kNode ? FindEventField(name) : std::nullopt;
    if (event_field) {
      reads_payloads_ |= *event_field == Field::kPayload;
      AddStep({.value = PlanValue::kField, .field = *event_field});
      return {};
    }
    const PlannedField* field = FindField(type, name);
    if (field == nullptr) {
      return Fail(ErrorCode::kInvalid, "field: " + std::string(NameOf(type)) + " has no field '" +
                                           std::string(name) + "'");
    }
    if (field->kind == Kind::kNull) {
      bytes_ += "null";
      return {};
    }
    const Json* select = FindMember(item, "select");
    if (field->kind == Kind::kObject) return AddObject(*field->type, select);
    PlanStep step{.value = field->value};
    if (field->value == PlanValue::kEvents) ++pages_;
    if (field->type) {
      reads_payloads_ = false;
      CUE_ASSIGN(step.inner, Compile(*field->type, select));
      step.reads_payloads = reads_payloads_;
    }
    AddStep(std::move(step));
    return {};
  }

  void AddStep(PlanStep step) {
    step.before = std::exchange(bytes_, {});
    steps_->push_back(std::move(step));
  }

  std::vector<PlanStep>* steps_ = nullptr;
  std::string bytes_;  // since the last step
  size_t fields_ = 0;
  size_t pages_ = 0;
  bool reads_payloads_ = false;
};

void AppendCursor(std::string& out, std::optional<int64_t> order) {
  out += order ? '"' + CursorOf(*order) + '"' : "null";
}

size_t Bound(const std::vector<PlanStep>& steps, const EventView& event) {
  size_t bound = 0;
  for (const PlanStep& step : steps) {
    bound += step.before.size();
    if (step.value == PlanValue::kField) bound += GraphqlFieldBound(event, step.field);
    if (step.value == PlanValue::kCursor) bound += kMaxCursorSize + 2;
  }
  return bound;
}

char* PutEdge(char* at, const std::vector<PlanStep>& steps, const EventView& event) {
  for (const PlanStep& step : steps) {
    at = std::ranges::copy(step.before, at).out;
    if (step.value == PlanValue::kField) {
      at = PutGraphqlField(at, event, step.field);
    } else if (step.value == PlanValue::kCursor) {
      *at++ = '"';
      at = PutCursor(at, event.creation_order);
      *at++ = '"';
    }
  }
  return at;
}

// What the steps of a plan write into.
struct Answer {
  std::string& out;
  const EventTable& table;

  Result<void> AppendEdges(const PlanStep& edges, const EventPage& page) const {
    out += '[';
    for (const Row row : page.rows) {
      if (out.back() != '[') out += ',';
      EventView event;
      if (edges.reads_payloads) {
        CUE_ASSIGN(event, table.View(row));
      } else {
        event = table.ViewWithoutPayload(row);
      }
      AppendWritten(out, Bound(edges.inner, event),
                    [&](char* at) { return PutEdge(at, edges.inner, event); });
      if (out.size() > kMaxPlanAnswerBytes) {
        return Fail(ErrorCode::kTooLarge, "the answer of the plan has more than " +
                                              std::to_string(kMaxPlanAnswerBytes) + " bytes");
      }
    }
    out += ']';
    return {};
  }

  Result<void> AppendConnection(const std::vector<PlanStep>& steps, const EventQuery& query,
                                const EventPage& page) const {
    const PageInfo info = InfoOf(query, EndsOf(table, page));
    for (const PlanStep& step : steps) {
      out += step.before;
      switch (step.value) {
        case PlanValue::kEdges:
          CUE_TRY(AppendEdges(step, page));
          break;
        case PlanValue::kHasNextPage:
          out += info.has_next ? "true" : "false";
          break;
        case PlanValue::kHasPreviousPage:
          out += info.has_previous ? "true" : "false";
          break;
        case PlanValue::kStartCursor:
          AppendCursor(out, info.start);
          break;
        case PlanValue::kEndCursor:
          AppendCursor(out, info.end);
          break;
        default:  // the end
          break;
      }
    }
    return {};
  }
};

}  // namespace

Result<GraphqlSelection> GraphqlSelection::Parse(std::string_view text) {
  CUE_ASSIGN(const Json select, ParseJson(text));
  Compiler compiler;
  GraphqlSelection selection;
  CUE_ASSIGN(selection.steps, compiler.Compile(Type::kQuery, &select, R"({"data":)"));
  selection.steps.back().before += '}';
  selection.pages = compiler.pages();
  return selection;
}

Result<const GraphqlSelection*> KnownSelections::Get(std::string_view text) {
  const auto found = std::ranges::find(known_, text, &Known::text);
  if (found != known_.end()) {
    std::rotate(found, found + 1, known_.end());
    return &known_.back().selection;
  }
  CUE_ASSIGN(GraphqlSelection selection, GraphqlSelection::Parse(text));
  if (text.size() > kMaxTextBytes) {
    other_ = std::move(selection);
    return &other_;
  }
  if (known_.size() == kMaxKnown) known_.erase(known_.begin());
  known_.push_back({std::string(text), std::move(selection)});
  return &known_.back().selection;
}

Result<GraphqlPlan> GraphqlPlan::Parse(std::string_view body, KnownSelections& known) {
  const size_t cut = std::min(body.find('\n'), body.size());
  GraphqlPlan plan;
  CUE_ASSIGN(plan.selection, known.Get(body.substr(0, cut)));
  CUE_ASSIGN(const Json arguments, ParseJson(body.substr(std::min(cut + 1, body.size()))));
  if (!arguments.is_array() || arguments.size() != plan.selection->pages) {
    return Fail(ErrorCode::kInvalid, "arguments: expected a list of " +
                                         std::to_string(plan.selection->pages) + " objects");
  }
  for (const Json& item : arguments) {
    CUE_ASSIGN(EventQuery query, EventQuery::Parse(item));
    plan.queries.push_back(std::move(query));
  }
  return plan;
}

Result<void> AppendPlan(std::string& out, const GraphqlPlan& plan,
                        const std::vector<EventPage>& pages, const EventTable& table) {
  CUE_ASSERT(pages.size() == plan.queries.size());
  const Answer answer{out, table};
  size_t index = 0;
  for (const PlanStep& step : plan.selection->steps) {
    out += step.before;
    if (step.value != PlanValue::kEvents) continue;
    CUE_TRY(answer.AppendConnection(step.inner, plan.queries[index], pages[index]));
    ++index;
  }
  return {};
}

}  // namespace cuesheet
