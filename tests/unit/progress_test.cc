#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

Json ProgressOf(const StoreFixture& f, const Uuid& id) {
  std::string out;
  REQUIRE(f.store.answers().AppendProgress(out, id));
  return Json::parse(out);
}

Json Snapshot(const StoreFixture& f) {
  std::string out;
  f.store.answers().AppendProgressSnapshot(out);
  return Json::parse(out);
}

TEST_CASE("a steady job has a pace and an end, and forgets both when it is final") {
  StoreFixture f;
  const Uuid job = f.Dispatch(R"({"topic":"demo.job","finished":false})");
  CHECK(ProgressOf(f, job)["progress"].is_null());
  REQUIRE(f.Update(job, R"({"status":"in_progress","progress":10})"));
  CHECK(ProgressOf(f, job)["estimatedEnd"].is_null());
  REQUIRE(f.Update(job, R"({"progress":12})"));
  REQUIRE(f.Update(job, R"({"progress":14})"));
  const Json progress = ProgressOf(f, job);
  CHECK(progress["progress"] == 14);
  CHECK(progress["perSecond"] == 2);
  CHECK(progress["updatedAt"] == Timestamp{f.now_us}.Iso());
  CHECK(progress["estimatedEnd"] == Timestamp{f.now_us + 43'000'000}.Iso());
  CHECK(Snapshot(f).size() == 1);
  REQUIRE(f.Update(job, R"({"status":"finished"})"));
  CHECK(ProgressOf(f, job)["progress"].is_null());
  CHECK(Snapshot(f).empty());
}

TEST_CASE("a job that starts over has no pace until it reports again") {
  StoreFixture f;
  const Uuid job = f.Dispatch(R"({"topic":"demo.job","finished":false})");
  for (const char* percent : {"50", "60", "0"}) {
    REQUIRE(f.Update(job, std::string(R"({"progress":)") + percent + '}'));
  }
  CHECK(ProgressOf(f, job)["perSecond"].is_null());
}

TEST_CASE("a parent's progress is that of its children") {
  StoreFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.parent","finished":false})");
  const std::string child =
      R"({"topic":"demo.child","finished":false,"dependsOn":")" + parent.Hex();
  const Uuid a = f.Dispatch(child + "\"}");
  const Uuid b = f.Dispatch(child + "\"}");
  const Uuid c = f.Dispatch(child + "\"}");
  f.Dispatch(child + "\"}");
  REQUIRE(f.Update(a, R"({"status":"finished"})"));
  REQUIRE(f.Update(b, R"({"status":"failed"})"));
  REQUIRE(f.Update(c, R"({"status":"in_progress","progress":40})"));
  const Json progress = ProgressOf(f, parent);
  CHECK(progress["combined"] == 60);
  CHECK(progress["children"] ==
        Json::parse(R"({"total":4,"open":2,"finished":1,"failed":1,"aborted":0})"));
}

TEST_CASE("parents in a circle, which only a broken upstream says, do no harm") {
  StoreFixture f;
  Event a{.id = *Uuid::Parse("e0000000000000000000000000000001"), .topic = "demo.a"};
  Event b{.id = *Uuid::Parse("e0000000000000000000000000000002"), .topic = "demo.b"};
  Event self{.id = *Uuid::Parse("e0000000000000000000000000000003"), .topic = "demo.c"};
  a.depends_on = b.id;
  b.depends_on = a.id;
  self.depends_on = self.id;
  for (const Event& event : {a, b, self})
    REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), {}));
  CHECK(ProgressOf(f, a.id)["combined"] == 100);
  CHECK(f.View(self.id).depends_on == self.id);
  std::vector<Row> rows;
  for (const Event& event : {a, b, self}) rows.push_back(f.store.view().table().FindById(event.id));
  CHECK(f.store.ledger().RemoveAll(rows));
  CHECK(f.store.view().table().size() == 0);
}

}  // namespace
}  // namespace cuesheet::testing
