#include <catch2/catch_amalgamated.hpp>

#include "base/fold.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

struct QueryFixture : StoreFixture {
  QueryFixture() {
    Dispatch(
        R"({"topic":"entity.folder.created","project":"Demo","description":"Folder sh010 created"})");
    Dispatch(R"({"topic":"log.info","description":"started"})");
    Dispatch(R"({"topic":"entity.task.created","project":"other","description":"Zámek kůň"})");
    Dispatch(R"({"topic":"media.import","finished":false,"description":"a_b 50%"})");
    Dispatch(R"({"topic":"entityfoo","description":"axb"})");
  }
};

std::string Refusal(std::string_view arguments) {
  const auto query = EventQuery::Parse(Json::parse(arguments));
  return query ? "" : query.error().message;
}

TEST_CASE("without arguments a query is oldest first and leaves logs out") {
  const QueryFixture f;
  CHECK(Topics(f.Query("{}")) ==
        "entity.folder.created entity.task.created media.import entityfoo");
  CHECK(Topics(f.Query(R"({"includeLogs":true,"last":2,"before":"WzNd"})")) ==
        "log.info entity.folder.created");
}

TEST_CASE("lists select, an empty list selects nothing") {
  const QueryFixture f;
  CHECK(Topics(f.Query(R"({"topics":["entity.*"]})")) ==
        "entity.folder.created entity.task.created");
  CHECK(Topics(f.Query(R"({"topics":["log.*"]})")) == "log.info");
  CHECK(Topics(f.Query(R"({"topics":[]})")).empty());
  CHECK(Topics(f.Query(R"({"projects":["Demo"]})")) == "entity.folder.created");
  CHECK(Topics(f.Query(R"({"projects":["demo"]})")).empty());
  CHECK(Topics(f.Query(R"({"statuses":["pending","nope"]})")) == "media.import");
  CHECK(f.Query(R"({"statuses":[]})")["events"].size() == 4);
  CHECK(Topics(f.Query(R"({"statuses":[],"states":["pending"]})")) == "media.import");
  CHECK(f.Query(R"({"users":["mona"]})")["events"].size() == 4);
  CHECK(f.Query(R"({"ids":[]})")["events"].empty());
}

TEST_CASE("an offset passes over matches in the query's direction") {
  const QueryFixture f;
  CHECK(Topics(f.Query(R"({"last":2,"offset":1})")) == "media.import entity.task.created");
  CHECK(Topics(f.Query(R"({"first":2,"offset":3})")) == "entityfoo");
  CHECK(Topics(f.Query(R"({"topics":["entity.*"],"last":9,"offset":1})")) ==
        "entity.folder.created");
  CHECK(f.Query(R"({"last":2,"offset":4})")["events"].empty());
  CHECK(Refusal(R"({"offset":-1})") == "offset: expected a whole number from 0 to 2147483647");
  CHECK(Refusal(R"({"offset":"1"})") == "offset: expected a whole number from 0 to 2147483647");
}

TEST_CASE("pages follow each other by cursor without gap or overlap") {
  const QueryFixture f;
  const Json first = f.Query(R"({"first":2,"includeLogs":true})");
  CHECK(Topics(first) == "entity.folder.created log.info");
  CHECK(first["pageInfo"]["hasNextPage"] == true);
  const std::string after = first["pageInfo"]["endCursor"];
  CHECK(Topics(f.Query(R"({"first":9,"includeLogs":true,"after":")" + after + "\"}")) ==
        "entity.task.created media.import entityfoo");
  const Json newest = f.Query(R"({"last":2})");
  CHECK(Topics(newest) == "entityfoo media.import");
  CHECK(newest["pageInfo"]["hasPreviousPage"] == true);
  CHECK(newest["pageInfo"]["startCursor"] == newest["events"][1]["cursor"]);
  const std::string before = newest["events"][1]["cursor"];
  CHECK(Topics(f.Query(R"({"last":2,"before":")" + before + "\"}")) ==
        "entity.task.created entity.folder.created");
}

TEST_CASE("wrong arguments are refused in AYON's words") {
  CHECK(Refusal(R"({"topics":["%"]})") == "topic does not match the regex");
  CHECK(Refusal(R"({"projects":["a b"]})") == "name does not match the regex (project_name)");
  CHECK(Refusal(R"({"users":["x"]})") == "name does not match the regex (user_name)");
  CHECK(Refusal(R"({"newerThan":"nonsense"})") == "Invalid isoformat string: 'nonsense'");
  CHECK(Refusal(R"({"after":"!!notbase64"})") == "Invalid cursor");
  CHECK(Refusal(R"({"after":"W251bGxd"})") == "Invalid value for numeric field: None");
  CHECK(Refusal(R"({"first":-1})") == "LIMIT must not be negative");
  CHECK(Refusal(R"({"ids":["abc"]})") == "Invalid entity ID abc");
  CHECK(Refusal(R"({"first":100001})").starts_with("first: at most 100000"));
  CHECK(Refusal("[]").starts_with("query: expected an object"));
}

TEST_CASE("the text filter folds both sides and wants every word") {
  const QueryFixture f;
  CHECK(Topics(f.Query(R"({"filter":"FOLDER demo"})")) == "entity.folder.created");
  CHECK(Topics(f.Query(R"({"filter":"kun zamek"})")) == "entity.task.created");
  CHECK(Topics(f.Query(R"({"filter":"a_b"})")) == "media.import");
  CHECK(f.Query(R"({"filter":"50%"})")["events"].size() == 4);
  CHECK(f.Query(R"({"filter":"ab"})")["events"].size() == 4);
  CHECK(f.Query(R"({"filter":"nothing"})")["events"].empty());
}

TEST_CASE("folding strips marks, lowers, and keeps other scripts as themselves") {
  CHECK(Fold("Kůň ÉCLAIR ﬁn ①") == "kun eclair fin 1");
  CHECK(Fold("北京") == "北京");
  CHECK(Fold("ß") == "ß");
  CHECK(Fold("\"50%\"\t(x)") == "50x");
  CHECK(Fold("한") == Fold("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"));
  CHECK(Fold("a\xff\xc3z") == "az");
  CHECK(Fold("a\xe0\x83\x9f\xf0\x80\x83\x9fz") == "az");  // ß in overlong forms
}

TEST_CASE("a page shows rows in the local form: cursor, no payload") {
  const QueryFixture f;
  const Json event = f.Query(R"({"first":1})")["events"][0];
  CHECK(event["cursor"] == "WzFd");
  CHECK_FALSE(event.contains("payload"));
  CHECK(event["senderType"] == "api");
}

TEST_CASE("cells are the values of a row in its order") {
  QueryFixture f;
  f.Dispatch(R"({"topic":"demo.hash","hash":"h1","summary":{"a":[1]}})");
  const Uuid job = f.Dispatch(R"({"topic":"demo.job","finished":false})");
  REQUIRE(f.Update(job, R"({"status":"in_progress","progress":40})"));
  EventQuery newest;
  newest.last = 3;
  std::string out;
  REQUIRE(f.store.answers().AppendPage(out, newest, EventForm::kCells));
  const Json cells = Json::parse(out)["events"];
  const Json rows = f.Query(R"({"last":3})")["events"];
  REQUIRE(cells.size() == 3);
  const std::vector<std::string> names = {"id",         "hash",      "topic",       "sender",
                                          "senderType", "project",   "user",        "dependsOn",
                                          "status",     "retries",   "description", "summary",
                                          "createdAt",  "updatedAt", "cursor",      "progress"};
  for (size_t i = 0; i < 3; ++i) {
    Json row;
    for (size_t k = 0; k < cells[i].size(); ++k) row[names.at(k)] = cells[i][k];
    if (row["hash"] == nullptr) row["hash"] = row["id"];
    if (row["updatedAt"] == nullptr) row["updatedAt"] = row["createdAt"];
    CHECK(row == rows[i]);
  }
  CHECK(cells[0].size() == names.size());
  CHECK(cells[0][13] != nullptr);
  CHECK(cells[1][1] == "h1");
  CHECK(cells[2][1] == nullptr);
  CHECK(cells[2][13] == nullptr);
}

TEST_CASE("where adds any condition of a QueryFilter to the other arguments") {
  QueryFixture f;
  f.Dispatch(R"({"topic":"demo.a","summary":{"entityId":"e1"}})");
  f.Dispatch(R"({"topic":"demo.b","summary":{"entityId":"e1"}})");
  const std::string where = R"("where":{"conditions":[{"key":"summary/entityId","value":"e1"}]})";
  CHECK(Topics(f.Query("{" + where + "}")) == "demo.a demo.b");
  CHECK(Topics(f.Query("{" + where + R"(,"topics":["demo.b"]})")) == "demo.b");
  CHECK(Refusal(R"({"where":{"conditions":[{"key":"nope","value":1}]}})") ==
        "filter.conditions[0].key: events have no attribute 'nope'");
}

TEST_CASE("has children and creation times select") {
  QueryFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.parent"})");
  f.Dispatch(R"({"topic":"demo.child","dependsOn":")" + parent.Hex() + "\"}");
  CHECK(Topics(f.Query(R"({"hasChildren":true})")) == "demo.parent");
  CHECK(f.Query(R"({"hasChildren":false})")["events"].size() == 5);
  const std::string at = f.View(parent).created_at.Iso();
  CHECK(Topics(f.Query(R"({"newerThan":")" + at + "\"}")) == "demo.child");
  CHECK(f.Query(R"({"olderThan":")" + at + "\"}")["events"].size() == 4);
}

TEST_CASE("removed events leave queries, order survives many removals") {
  StoreFixture f;
  std::vector<Uuid> ids;
  for (int i = 0; i < 3000; ++i) ids.push_back(f.Dispatch(R"({"topic":"demo.a"})"));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i % 10 != 0) REQUIRE(f.store.ledger().Remove(ids[i]) == true);
  }
  for (int i = 0; i < 50; ++i) f.Dispatch(R"({"topic":"demo.b"})");
  const Json page = f.Query(R"({"first":1000})");
  CHECK(page["events"].size() == 350);
  CHECK(page["events"][1]["id"] == ids[10].Hex());
  CHECK(page["events"][349]["topic"] == "demo.b");
  CHECK(f.store.view().table().size() == 350);
}

}  // namespace
}  // namespace cuesheet::testing
