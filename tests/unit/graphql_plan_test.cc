// Plans of GraphQL: the answer's bytes from a selection (docs/border.md, graphql.plan).
#include "hub/graphql_plan.h"

#include <catch2/catch_amalgamated.hpp>

#include "hub/api.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

struct PlanFixture : StoreFixture {
  HubApi api{&store.view(), &store.ledger(), &store.exports(), &store.files()};

  HubResponse Ask(const std::string& select, const std::string& arguments = "[{}]",
                  std::string_view who = R"({"name":"mona","isManager":true})") {
    HubRequest request;
    request.operation = HubOperation::kGraphqlPlan;
    request.caller = Caller::Parse(Json::parse(who)).value();
    const std::string body = select + '\n' + arguments;
    request.body = body;
    return api.Handle(request, Now(), Draw());
  }
  std::string Refusal(const std::string& select, const std::string& arguments = "[{}]") {
    const HubResponse response = Ask(select, arguments);
    CHECK(response.status >= 400);
    return Json::parse(response.body)["detail"];
  }
};

// A field of `events` that selects this of each node.
std::string Nodes(const std::string& select) {
  return R"([{"field":"events","select":[{"field":"edges","select":[{"field":"node","select":)" +
         select + "}]}]}]";
}

TEST_CASE("a plan is answered in its own order, with its own keys") {
  PlanFixture f;
  const std::string id = f.Dispatch(R"({"topic":"a.b","project":"demo","payload":{"n":1}})").Hex();
  const HubResponse response = f.Ask(
      R"([{"field":"__typename","as":"t"},)"
      R"({"field":"events","as":"page","select":[)"
      R"({"field":"fieldStats"},)"
      R"({"field":"edges","select":[{"field":"cursor"},)"
      R"({"field":"node","as":"event","select":[{"field":"topic","as":"is"},{"field":"id"},)"
      R"({"field":"payload"},{"field":"summary"},{"field":"data"},{"field":"sender"}]},)"
      R"({"field":"__typename"}]},)"
      R"({"field":"pageInfo","select":[{"field":"endCursor"},{"field":"hasPreviousPage"}]}]}])",
      R"([{"last":5}])");
  CHECK(response.status == 200);
  CHECK(
      response.body ==
      R"({"data":{"t":"Query","page":{"fieldStats":null,"edges":[{"cursor":"WzFd","event":)"
      R"({"is":"a.b","id":")" +
          id +
          R"(","payload":"{\"n\":1}","summary":"{}","data":null,"sender":null},)"
          R"("__typename":"EventEdge"}],"pageInfo":{"endCursor":"WzFd","hasPreviousPage":false}}}})");
}

TEST_CASE("a plan without fields, and one for an empty page, are answered") {
  PlanFixture f;
  CHECK(f.Ask("[]", "[]").body == R"({"data":{}})");
  CHECK(f.Ask(Nodes("[]")).body == R"({"data":{"events":{"edges":[]}}})");
  CHECK(f.Ask(R"([{"field":"events","select":[{"field":"pageInfo","select":[)"
              R"({"field":"startCursor"},{"field":"hasNextPage"}]}]}])")
            .body ==
        R"({"data":{"events":{"pageInfo":{"startCursor":null,"hasNextPage":false}}}})");
  f.Dispatch(R"({"topic":"a.b"})");
  CHECK(f.Ask(Nodes("[]")).body == R"({"data":{"events":{"edges":[{"node":{}}]}}})");
}

TEST_CASE("a plan shows a caller only what the list of events does") {
  PlanFixture f;
  f.Dispatch(R"({"topic":"a.b"})");
  const std::string plan = Nodes(R"([{"field":"topic"}])");
  CHECK(f.Ask(plan).body == R"({"data":{"events":{"edges":[{"node":{"topic":"a.b"}}]}}})");
  for (const char* who : {R"({"name":"alice"})", R"({"name":"visitor","isGuest":true})"}) {
    CHECK(f.Ask(plan, "[{}]", who).body == R"({"data":{"events":{"edges":[]}}})");
  }
}

TEST_CASE("what is no plan is refused, and the refusal names it") {
  PlanFixture f;
  CHECK(f.Refusal("5") == "select: expected a list of fields of Query");
  CHECK(f.Refusal(R"([{"field":"events"}])") ==
        "select: expected a list of fields of EventsConnection");
  CHECK(f.Refusal(R"([{"field":"__schema","select":[]}])") ==
        "field: Query has no field '__schema'");
  CHECK(f.Refusal("[5]") == "field: Query has no field ''");
  // The creation order is a cursor only, and the type of the sender is not in AYON's GraphQL.
  for (const std::string name : {"creationOrder", "senderType", "created_at", "cursor"}) {
    CHECK(f.Refusal(Nodes(R"([{"field":")" + name + "\"}]")) ==
          "field: EventNode has no field '" + name + "'");
  }
  CHECK(f.Refusal(Nodes("[]"), R"([{"topics":["%"]}])") == "topic does not match the regex");
}

TEST_CASE("a plan has a bound on its fields and on its events") {
  PlanFixture f;
  std::string fields = R"([{"field":"id"})";
  for (size_t i = 4; i < kMaxPlanFields; ++i) {
    fields += R"(,{"field":"id","as":"a)" + std::to_string(i) + "\"}";
  }
  CHECK(f.Ask(Nodes(fields + ']')).status == 200);
  CHECK(f.Refusal(Nodes(fields + R"(,{"field":"id","as":"more"}])")) ==
        "the plan has more than 1000 fields");
}

TEST_CASE(
    "a selection that comes again has the arguments of each plan, also when others came between") {
  PlanFixture f;
  f.Dispatch(R"({"topic":"a.b"})");
  f.Dispatch(R"({"topic":"a.c"})");
  const std::string plan = Nodes(R"([{"field":"topic"}])");
  for (size_t round = 0; round < 3; ++round) {
    for (const std::string topic : {"a.b", "a.c"}) {
      CHECK(f.Ask(plan, R"([{"topics":[")" + topic + "\"]}]").body ==
            R"({"data":{"events":{"edges":[{"node":{"topic":")" + topic + "\"}}]}}}");
    }
    for (size_t i = 0; i <= KnownSelections::kMaxKnown; ++i) {
      const std::string key = "k" + std::to_string(i);
      CHECK(f.Ask(R"([{"field":"__typename","as":")" + key + "\"}]", "[]").body ==
            "{\"data\":{\"" + key + R"(":"Query"}})");
    }
    const std::string key(KnownSelections::kMaxTextBytes, 'x');
    CHECK(f.Ask(R"([{"field":"__typename","as":")" + key + "\"}]", "[]").body ==
          "{\"data\":{\"" + key + R"(":"Query"}})");
  }
}

TEST_CASE("a plan has arguments for each of its fields of events") {
  PlanFixture f;
  const std::string refusal = "arguments: expected a list of 1 objects";
  for (const std::string arguments : {"[]", "[{},{}]", "{}", "5"}) {
    CHECK(f.Refusal(Nodes("[]"), arguments) == refusal);
  }
  CHECK(f.Refusal(Nodes("[]"), "[5]") == "query: expected an object of conditions");
  CHECK(f.Ask(Nodes("[]"), "").status == 400);
  CHECK(f.Ask("", "[]").status == 400);
}

}  // namespace
}  // namespace cuesheet::testing
