// Bytes as a QueryFilter and as the arguments of a query: both mean the same every time they are
// read, and a page holds what was asked for, each event once and in order.
#include <set>

#include "query/facets.h"
#include "query/filter_matcher.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

// The keys are those of the seeds.
struct Events : StoreFixture {
  Events() {
    const Uuid parent = Dispatch(
        R"({"topic":"entity.task.created","project":"demo","description":"Rendering sh010",
            "sender":"s1","hash":"h","summary":{"entityId":"e1","n":1,"k":"b","v":["alice"],"name":"kůň"},
            "payload":{"tags":["a","b",null,{"c":1}],"nums":[1,2.5,9007199254740993],"ok":true}})");
    Dispatch(R"({"topic":"ftrack.sync","finished":false,"summary":{"n":1.5,"k":null},
                 "payload":{"tags":[],"nums":[2],"ok":false},"dependsOn":")" +
             parent.Hex() + "\"}");
    const Uuid log =
        Dispatch(R"({"topic":"log.error","summary":{"n":"1"},"payload":{"tags":"x"}})");
    CUE_ASSERT(Update(log, R"({"status":"failed","retries":-3,"description":"é 100%_\\"})"));
    CUE_ASSERT(store.ledger().Remove(Dispatch(R"({"topic":"demo.gone"})")));
    Event without_payload;
    without_payload.id = Uuid::FromClock(now_us, Draw());
    without_payload.topic = "media.import";
    without_payload.summary = R"({"n":{"deep":{"er":"x"}}})";
    CUE_ASSERT(
        store.ledger().Merge(without_payload, FieldSet::All().Drop(Field::kCreationOrder), {}));
  }
};

const EventTable& Table() {
  static const Events events;
  return events.store.view().table();
}

void CheckSame(const Error& a, const Error& b) {
  CUE_ASSERT(!a.message.empty() && a.code == b.code && a.message == b.message);
}

void CheckFilter(const Json& json) {
  const auto filter = QueryFilter::Parse(json);
  const auto again = QueryFilter::Parse(*ParseJson(CanonicalText(json)));
  CUE_ASSERT(filter.has_value() == again.has_value());
  if (!filter) return CheckSame(filter.error(), again.error());
  const FilterMatcher matcher(*filter, Table());
  const FilterMatcher same(*again, Table());
  Table().VisitRange({}, [&](Row row) {
    CUE_ASSERT(matcher.Matches(row) == same.Matches(row));
    return true;
  });
}

void CheckCounts(const Json& json, size_t matches) {
  const auto request = CountRequest::Parse(json);
  if (!request) return;
  std::string counts;
  AppendCounts(counts, Table(), *request);
  CUE_ASSERT(ParseJson(counts).value()["total"] >= matches);
}

void CheckQuery(const Json& json) {
  const auto query = EventQuery::Parse(json);
  const auto again = EventQuery::Parse(*ParseJson(CanonicalText(json)));
  CUE_ASSERT(query.has_value() == again.has_value());
  if (!query) return CheckSame(query.error(), again.error());
  const EventPage page = RunQuery(Table(), *query);
  CUE_ASSERT(page.rows == RunQuery(Table(), *again).rows);
  CUE_ASSERT(std::set(page.rows.begin(), page.rows.end()).size() == page.rows.size());
  const FilterMatcher where(query->where, Table());
  for (size_t i = 0; i < page.rows.size(); ++i) {
    const Row row = page.rows[i];
    CUE_ASSERT(Table().IsLive(row) && where.Matches(row));
    if (i == 0) continue;
    const bool newer = Table().creation_order(row) > Table().creation_order(page.rows[i - 1]);
    CUE_ASSERT(newer != query->newest_first());
  }
  std::string info;
  AppendPageInfo(info, *query, EndsOf(Table(), page));
  CUE_ASSERT(Json::accept(info));
  CheckCounts(json, page.rows.size());
}

void RefusedAsTooLarge(std::string_view arguments) {
  const auto query = EventQuery::Parse(Json::parse(arguments));
  CUE_ASSERT(!query && query.error().code == ErrorCode::kTooLarge);
}

std::string List(std::string_view item, size_t count) {
  std::string text = "[";
  for (size_t i = 0; i < count; ++i) text += std::string(i == 0 ? "" : ",") + std::string(item);
  return text + "]";
}

void CheckLargeInputs() {
  const std::string leaf = R"({"key":"topic","value":"x"})";
  RefusedAsTooLarge(R"({"where":{"conditions":)" + List(leaf, 100'000) + "}}");
  CheckFilter(Json::parse(R"({"conditions":)" + List(R"({"conditions":[]})", 10'000) + "}"));
  for (const std::string name : {"ids", "topics", "projects", "users", "statuses"}) {
    RefusedAsTooLarge("{\"" + name + "\":" + List("\"x\"", kMaxListItems + 1) + "}");
  }
  RefusedAsTooLarge(R"({"where":{"conditions":[{"key":"topic","operator":"like","value":")" +
                    std::string(1 << 20, '%') + "\"}]}}");
  std::string deep = leaf;
  for (size_t i = 0; i <= kMaxFilterDepth; ++i) deep = R"({"conditions":[)" + deep + "]}";
  RefusedAsTooLarge(R"({"where":)" + deep + "}");
}

}  // namespace
}  // namespace cuesheet::testing

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cuesheet::testing::CheckLargeInputs();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = cuesheet::ParseJson({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  cuesheet::testing::CheckFilter(*json);
  cuesheet::testing::CheckQuery(*json);
  return 0;
}
