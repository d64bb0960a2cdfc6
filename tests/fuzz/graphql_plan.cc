// Bytes as a plan of GraphQL: what is one is answered with JSON that has the keys of the plan, in
// its order, and the same page as the query.
#include "hub/graphql_plan.h"

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

struct Events : StoreFixture {
  Events() {
    const Uuid parent =
        Dispatch(R"({"topic":"entity.task.created","project":"demo","description":"\"\\\b\f\n ž",)"
                 R"("hash":"h","summary":{"k":"\"b"},"payload":{"tags":["a",null,{"c":1}]}})");
    Dispatch(R"({"topic":"ftrack.sync","finished":false,"dependsOn":")" + parent.Hex() + "\"}");
    Dispatch(R"({"topic":"log.error","sender":""})");
  }
};

const EventTable& Table() {
  static const Events events;
  return events.store.view().table();
}

std::string_view KeyOf(const Json& item) {
  const std::string_view as = TextMember(item, "as");
  return as.empty() ? TextMember(item, "field") : as;
}

void CheckPlan(std::string_view body) {
  KnownSelections known;
  const auto plan = GraphqlPlan::Parse(body, known);
  if (!plan) {
    CUE_ASSERT(!plan.error().message.empty());
    return;
  }
  std::vector<EventPage> pages;
  for (const EventQuery& query : plan->queries) pages.push_back(RunQuery(Table(), query));
  std::string answer;
  CUE_ASSERT(AppendPlan(answer, *plan, pages, Table()).has_value());
  const auto json = ParseJson(answer);
  CUE_ASSERT(json.has_value() && json->size() == 1);
  const Json& data = (*json)["data"];
  const Json select = *ParseJson(body.substr(0, body.find('\n')));
  for (const Json& item : select) {
    CUE_ASSERT(data.contains(KeyOf(item)));
  }
  std::string same;
  const auto again = GraphqlPlan::Parse(body, known);  // of what is kept
  CUE_ASSERT(again && AppendPlan(same, *again, pages, Table()).has_value() && same == answer);
}

void CheckLargeInputs() {
  std::string fields = "[";
  for (size_t i = 0; i <= kMaxPlanFields; ++i) fields += R"({"field":"__typename"},)";
  const auto plan = GraphqlSelection::Parse(fields + "5]");
  CUE_ASSERT(!plan && plan.error().code == ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace cuesheet::testing

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cuesheet::testing::CheckLargeInputs();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cuesheet::testing::CheckPlan({reinterpret_cast<const char*>(data), size});
  return 0;
}
