// Queries pass over blocks of the creation order that cannot have an answer. Whatever happened to
// the table before, they must find what a look at every event finds.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "query/event_matcher.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

Uuid IdOf(uint64_t number) {
  Uuid id;
  for (size_t i = 0; i < 8; ++i) id.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  id.bytes[8] = 1;
  return id;
}

// A table whose events of one time are alike, so that its blocks differ.
class Lab {
 public:
  void Insert() {
    const uint64_t number = next_++;
    const uint64_t era = number / 700;
    const std::string topic =
        Pick(9) == 0 ? "demo.rare" + std::to_string(Pick(400)) : "demo.era" + std::to_string(era);
    const std::string user = "user" + std::to_string(Pick(3) == 0 ? Pick(600) : era);
    EventView event;
    event.id = IdOf(number);
    event.topic = topic;
    event.user = user;
    if (Pick(2) == 0) event.project = era % 2 == 0 ? "even" : "odd";
    event.status = static_cast<EventStatus>(Pick(20) == 0 ? Pick(kEventStatusNames.size()) : 2);
    event.summary = "{}";
    event.created_at = Timestamp{static_cast<int64_t>(number) * 1000 + Pick(5000)};
    event.creation_order = NewOrder(number);
    if (Pick(30) == 0) event.depends_on = IdOf(Pick(number + 20));  // perhaps itself, or absent
    const std::string hash = "hash" + std::to_string(number);
    if (Pick(4) == 0) event.hash = hash;
    rows_.push_back(table_.Insert(event));
  }

  void Change() {
    const Row row = rows_[Pick(rows_.size())];
    EventView event = table_.ViewWithoutPayload(row);
    const std::string user(event.user.value_or(""));
    const std::string topic = Pick(50) == 0 ? "log.x" : "demo.changed" + std::to_string(Pick(3));
    FieldSet fields;
    switch (Pick(6)) {
      case 0:
        event.topic = topic;
        fields.Add(Field::kTopic);
        break;
      case 1:
        event.project = "late";
        event.created_at.us += Pick(900'000);
        fields.Add(Field::kProject).Add(Field::kCreatedAt);
        break;
      case 2:
        event.creation_order = NewOrder(next_++);
        fields.Add(Field::kCreationOrder).Add(Field::kStatus);
        event.status = EventStatus::kAborted;
        break;
      case 3:
        event.depends_on = table_.id(rows_[Pick(rows_.size())]);
        fields.Add(Field::kDependsOn);
        break;
      case 4:
        event.depends_on.reset();
        event.user.reset();
        fields.Add(Field::kDependsOn).Add(Field::kUser);
        break;
      default:
        event.status = static_cast<EventStatus>(Pick(kEventStatusNames.size()));
        fields.Add(Field::kStatus);
    }
    table_.Set(row, event, fields);
  }

  void Remove() {
    const size_t at = Pick(rows_.size());
    table_.Remove(rows_[at]);
    rows_[at] = rows_.back();
    rows_.pop_back();
  }

  // How many events match; the same events must be found by the matcher and by a look at each.
  size_t Check(const std::string& arguments) {
    INFO(arguments);
    const EventQuery query = EventQuery::Parse(Json::parse(arguments)).value();
    EventMatcher matcher(query, table_);
    std::vector<Row> expected;
    table_.VisitRange(query.Range(), [&](Row row) {
      if (matcher.Matches(row)) expected.push_back(row);
      return true;
    });
    std::vector<Row> found;
    EventMatcher(query, table_).VisitMatches(query.Range(), [&](Row row) {
      found.push_back(row);
      return true;
    });
    CHECK(found == expected);
    return expected.size();
  }

  size_t CheckFilter(const std::string& conditions, const std::string& more = "") {
    return Check(R"({"last":9,"where":{"conditions":[)" + conditions + "]" + more + "}}");
  }

  uint32_t Pick(uint64_t below) { return static_cast<uint32_t>(random_() % below); }
  std::string Time() { return Timestamp{static_cast<int64_t>(next_) * 1000 * Pick(12) / 10}.Iso(); }
  std::string Id() { return table_.id(rows_[Pick(rows_.size())]).Hex(); }
  std::string Hash() { return table_.ViewWithoutPayload(rows_[Pick(rows_.size())]).HashText(); }
  std::string Cursor() { return CursorOf(table_.creation_order(rows_[Pick(rows_.size())])); }

 private:
  // Mostly at the end, some in front, some in the middle.
  int64_t NewOrder(uint64_t number) {
    const auto order = static_cast<int64_t>(number);
    return Pick(40) == 0 ? -order : Pick(40) == 0 ? static_cast<int64_t>(Pick(next_)) : order;
  }

  std::mt19937 random_{7};  // NOLINT: the same numbers every time
  EventTable table_;
  std::vector<Row> rows_;
  uint64_t next_ = 1;
};

void CheckQueries(Lab& lab) {
  size_t found = 0;
  for (const char* end : {R"("first":9)", R"("last":9)"}) {
    const auto check = [&](const std::string& what) {
      found += lab.Check(std::string("{") + end + (what.empty() ? "" : ",") + what + "}");
    };
    check("");
    check(R"("topics":["demo.rare7"])");
    check(R"("topics":["demo.era1*"],"users":["user3","user4"])");
    check(R"("topics":["demo.absent"])");
    check(R"("topics":["log.*"])");
    check(R"("includeLogs":true,"statuses":["failed","aborted"])");
    check(R"("users":["user599"])");
    check(R"("projects":["odd"],"hasChildren":true)");
    check(R"("hasChildren":false,"projects":["late"])");
    check(R"("olderThan":")" + lab.Time() + R"(","newerThan":")" + lab.Time() + '"');
    check(R"("newerThan":")" + lab.Time() + R"(","after":")" + lab.Cursor() + '"');
    check(R"("statuses":["pending"],"before":")" + lab.Cursor() + '"');
  }
  const auto condition = [](std::string_view key, std::string_view op, const std::string& value) {
    return Json{{"key", key}, {"operator", op}, {"value", Json::parse(value)}}.dump();
  };
  const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
  found += lab.CheckFilter(condition("user", "eq", "\"user17\""));
  found += lab.CheckFilter(condition("user", "isnull", "\"\""));
  found += lab.CheckFilter(condition("topic", "like", "\"demo.rare1%\""));
  found += lab.CheckFilter(condition("project", "in", R"(["late","none"])"));
  found += lab.CheckFilter(condition("status", "ne", "\"finished\"") + ',' +
                           condition("createdAt", "gte", quoted(lab.Time())));
  found += lab.CheckFilter(condition("createdAt", "lt", quoted(lab.Time())));
  found += lab.CheckFilter(condition("createdAt", "lte", quoted(lab.Time())) + ',' +
                           condition("topic", "eq", "\"demo.changed1\""));
  found += lab.CheckFilter(
      condition("user", "eq", "\"user1\"") + ',' + condition("topic", "eq", "\"demo.rare1\""),
      R"(,"operator":"or")");
  found += lab.CheckFilter(condition("id", "eq", quoted(lab.Id())));
  found +=
      lab.CheckFilter(condition("id", "in", "[" + quoted(lab.Id()) + ',' + quoted(lab.Id()) + "]"));
  found += lab.CheckFilter(condition("hash", "eq", quoted(lab.Hash())));
  found += lab.CheckFilter(condition("hash", "in", "[" + quoted(lab.Hash()) + R"(,"x"])"));
  found += lab.CheckFilter(condition("dependsOn", "eq", quoted(lab.Id())));
  found += lab.CheckFilter(condition("dependsOn", "eq", quoted(IdOf(1'000'000).Hex())));
  CHECK(found > 100);
}

TEST_CASE("a query finds what a look at every event finds, whatever happened to the table") {
  Lab lab;
  for (int i = 0; i < 6000; ++i) lab.Insert();
  CheckQueries(lab);
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 700; ++i) {
      lab.Change();
      if (i % 2 == 0) lab.Insert();
      if (i % 3 != 0) lab.Remove();
    }
    CheckQueries(lab);
  }
}

TEST_CASE("a live query follows changes in blocks that it passed over") {
  StoreFixture f;
  for (int i = 0; i < 1200; ++i) f.Dispatch(R"({"topic":"demo.many"})");
  const Uuid old = f.Dispatch(R"({"topic":"demo.few"})");
  for (int i = 0; i < 1200; ++i) f.Dispatch(R"({"topic":"demo.many"})");
  Answers& answers = f.store.answers();
  std::string page;
  const auto query = EventQuery::Parse(Json::parse(R"({"topics":["demo.few"],"last":5})"));
  REQUIRE(answers.OpenLive(1, *query, page));
  CHECK(Json::parse(page)["events"].size() == 1);
  const Uuid late = f.Dispatch(R"({"topic":"demo.few"})");
  REQUIRE(f.store.ledger().Remove(old));
  std::string patches;
  REQUIRE(answers.TakeLivePatches(patches));
  CHECK(patches.find(late.Hex()) != std::string::npos);
  CHECK(patches.find("\"remove\"") != std::string::npos);
}

}  // namespace
}  // namespace cuesheet::testing
