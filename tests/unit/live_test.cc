#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

// A page that is kept up to date by patches alone, as a client does it.
struct Page {
  StoreFixture& f;
  std::string query;
  Json page;

  Page(StoreFixture& fixture, std::string arguments) : f(fixture), query(std::move(arguments)) {
    std::string out;
    REQUIRE(f.store.answers().OpenLive(1, EventQuery::Parse(Json::parse(query)).value(), out));
    page = Json::parse(out);
  }

  // The operations of the patches, after they were applied and compared with a fresh page.
  std::string Take() {
    std::string out;
    f.store.answers().TakeLivePatches(out);
    std::string ops;
    if (!out.empty()) {
      const Json told = Json::parse(out);
      CHECK(told["live"] == 1);
      for (const Json& patch : told["patches"]) ops += (ops.empty() ? "" : " ") + Apply(patch);
      page["pageInfo"] = told["pageInfo"];
    }
    CHECK(page == f.Query(query));
    return ops;
  }

  std::string Apply(const Json& patch) {
    Json& events = page["events"];
    const std::string op = patch["op"];
    const size_t at = patch["at"];
    if (op == "remove") {
      events.erase(at);
    } else if (op == "insert") {
      events.insert(events.begin() + static_cast<std::ptrdiff_t>(at), patch["event"]);
    } else if (op == "update") {
      events[at] = patch["event"];
    } else {
      const size_t from = patch["from"];
      const Json moved = events[from];
      events.erase(from);
      events.insert(events.begin() + static_cast<std::ptrdiff_t>(at), moved);
    }
    return op + ' ' + std::to_string(at);
  }
};

TEST_CASE("a live page tells what comes, changes and goes, and nothing else") {
  StoreFixture f;
  const Uuid a = f.Dispatch(R"({"topic":"demo.a"})");
  const Uuid b = f.Dispatch(R"({"topic":"demo.b","finished":false})");
  f.Dispatch(R"({"topic":"demo.c"})");
  Page page(f, R"({"topics":["demo.*"],"last":2})");
  CHECK(page.Take().empty());
  f.Dispatch(R"({"topic":"other.topic"})");
  REQUIRE(f.Update(a, R"({"description":"behind the page"})"));
  CHECK(page.Take().empty());
  f.Dispatch(R"({"topic":"demo.d"})");
  CHECK(page.Take() == "remove 1 insert 0");
  REQUIRE(f.store.ledger().Remove(f.Dispatch(R"({"topic":"demo.e"})")));
  CHECK(page.Take().empty());
  REQUIRE(f.Update(b, R"({"status":"finished"})"));
  CHECK(page.Take().empty());
}

TEST_CASE("a row that leaves is followed by the next match, however far back it is") {
  StoreFixture f;
  std::vector<Uuid> jobs;
  for (int i = 0; i < 100; ++i) {
    jobs.push_back(f.Dispatch(R"({"topic":"demo.job","finished":false})"));
    f.Dispatch(R"({"topic":"demo.noise"})");
  }
  Page page(f, R"({"statuses":["pending"],"last":3})");
  for (size_t i = jobs.size(); i-- > 0;) {
    REQUIRE(f.Update(jobs[i], R"({"status":"finished"})"));
    CHECK(page.Take().starts_with("remove 0"));
  }
  CHECK(page.page["events"].empty());
}

TEST_CASE("many reports of a job's progress are one patch") {
  StoreFixture f;
  const Uuid job = f.Dispatch(R"({"topic":"demo.job","finished":false})");
  Page page(f, R"({"last":10})");
  for (int percent = 1; percent <= 99; ++percent) {
    REQUIRE(
        f.Update(job, R"({"status":"in_progress","progress":)" + std::to_string(percent) + '}'));
  }
  CHECK(page.Take() == "update 0");
  CHECK(page.page["events"][0]["progress"] == 99);
}

TEST_CASE("a live page may be opened as cells, and its patches are cells too") {
  StoreFixture f;
  const Uuid job = f.Dispatch(R"({"topic":"demo.job","finished":false})");
  const auto cells = [&f] {
    std::string out;
    REQUIRE(f.store.answers().AppendPage(
        out, EventQuery::Parse(Json::parse(R"({"last":10})")).value(), EventForm::kCells));
    return Json::parse(out);
  };
  std::string out;
  const auto query = EventQuery::Parse(Json::parse(R"({"last":10})"));
  REQUIRE(f.store.answers().OpenLive(1, *query, out, EventForm::kCells));
  CHECK(Json::parse(out) == cells());
  REQUIRE(f.store.answers().OpenLive(2, *query, out));
  f.Dispatch(R"({"topic":"demo.a"})");
  REQUIRE(f.Update(job, R"({"status":"in_progress","progress":40})"));
  out.clear();
  REQUIRE(f.store.answers().TakeLivePatches(out));
  const std::string second = out.substr(out.find('\n') + 1);
  const Json patches = Json::parse(out.substr(0, out.find('\n')))["patches"];
  REQUIRE(patches.size() == 2);
  CHECK(patches[0]["event"] == cells()["events"][0]);
  CHECK(patches[1]["event"] == cells()["events"][1]);
  CHECK(patches[1]["event"].back() == 40);
  CHECK(Json::parse(second)["patches"][1]["event"]["progress"] ==
        40);  // rows where rows were asked
}

TEST_CASE("a confirmed creation order moves the row") {
  StoreFixture f;
  Event event{.id = *Uuid::Parse("e0000000000000000000000000000001"), .topic = "demo.a"};
  REQUIRE(f.store.ledger().Merge(event, FieldSet().Add(Field::kTopic), {}));
  event.id = *Uuid::Parse("e0000000000000000000000000000002");
  REQUIRE(f.store.ledger().Merge(event, FieldSet().Add(Field::kTopic), {}));
  Page page(f, R"({"last":10})");
  event.creation_order = 7;
  REQUIRE(f.store.ledger().Merge(event, FieldSet().Add(Field::kCreationOrder), {}));
  CHECK(page.Take() == "move 0 update 1");
}

TEST_CASE("a first child lets its parent into a query for parents") {
  StoreFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.parent"})");
  Page page(f, R"({"hasChildren":true,"last":10})");
  const Uuid child = f.Dispatch(R"({"topic":"demo.child","dependsOn":")" + parent.Hex() + "\"}");
  CHECK(page.Take() == "insert 0");
  REQUIRE(f.store.ledger().Remove(child));
  CHECK(page.Take() == "remove 0");
}

TEST_CASE("numbers of live queries are unique, their count has a limit") {
  StoreFixture f;
  std::string out;
  for (uint32_t live = 0; live < kMaxLiveQueries; ++live) {
    REQUIRE(f.store.answers().OpenLive(live, {}, out));
  }
  CHECK(f.store.answers().OpenLive(5, {}, out).error().code == ErrorCode::kConflict);
  CHECK(f.store.answers().OpenLive(kMaxLiveQueries, {}, out).error().code == ErrorCode::kTooLarge);
  f.store.answers().CloseLive(5);
  CHECK(f.store.answers().OpenLive(5, {}, out));
}

TEST_CASE("a live page with an offset stays at its place when others come in front of it") {
  StoreFixture f;
  for (const char* topic : {"demo.a", "demo.b", "demo.c", "demo.d", "demo.e"}) {
    f.Dispatch(std::string(R"({"topic":")") + topic + R"("})");
  }
  const auto open = [&f](uint32_t live, const std::string& query) {
    std::string out;
    REQUIRE(f.store.answers().OpenLive(live, EventQuery::Parse(Json::parse(query)).value(), out));
    return Topics(Json::parse(out));
  };
  CHECK(open(1, R"({"last":2,"offset":2})") == "demo.c demo.b");
  CHECK(open(2, R"({"first":2,"offset":4})") == "demo.e");
  CHECK(open(3, R"({"last":2,"offset":9})").empty());
  f.Dispatch(R"({"topic":"demo.f"})");
  std::string out;
  REQUIRE(f.store.answers().TakeLivePatches(out));
  const Json told = Json::parse(out);  // one line: only the second page has room at its end
  CHECK(told["live"] == 2);
  CHECK(told["patches"].size() == 1);
}

}  // namespace
}  // namespace cuesheet::testing
