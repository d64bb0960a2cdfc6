#include "event/redact.h"

#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

constexpr std::string_view kLogout =
    R"({"topic":"auth.logout","summary":{"token":"s3cret","why":"expired"}})";

// Neither the table nor a file has the token, and the rest of the summary is there.
void CheckRedacted(StoreFixture& f) {
  f.Commit();
  REQUIRE(f.store.view().table().size() > 0);
  f.store.view().table().VisitRange({}, [&f](Row row) {
    CHECK(f.store.view().table().summary(row) == R"({"why":"expired"})");
    return true;
  });
  for (const auto& [name, bytes] : f.env.files) CHECK(bytes.find("s3cret") == std::string::npos);
}

Event Logout() {
  Event event;
  event.id.bytes.fill(7);
  event.topic = "auth.logout";
  event.summary = R"({"token":"s3cret","why":"expired"})";
  event.creation_order = 1;
  return event;
}

TEST_CASE("a logout is dispatched without its token") {
  StoreFixture f;
  f.Dispatch(kLogout);
  CheckRedacted(f);
}

TEST_CASE("a logout that is only told has no token either") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"auth.logout","store":false,"summary":{"token":"s3cret"}})");
  CHECK(f.store.ledger().TakeChanges().at(0).event.summary == "{}");
}

TEST_CASE("an update of a logout brings no token in") {
  StoreFixture f;
  const Uuid id = f.Dispatch(R"({"topic":"auth.logout"})");
  REQUIRE(f.Update(id, R"({"summary":{"token":"s3cret","why":"expired"}})"));
  CheckRedacted(f);
}

TEST_CASE("a logout that replaces an event by reuse has no token") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"auth.logout","hash":"h"})");
  f.Dispatch(R"({"topic":"auth.logout","hash":"h","reuse":true,)"
             R"("summary":{"token":"s3cret","why":"expired"}})");
  CheckRedacted(f);
}

TEST_CASE("a logout of an upstream is merged without its token, once") {
  StoreFixture f;
  REQUIRE(f.store.ledger().Merge(Logout(), FieldSet::All(), std::nullopt));
  REQUIRE(f.store.ledger().Merge(Logout(), FieldSet::All(), std::nullopt));
  CHECK(f.store.view().sequence() == 1);
  CheckRedacted(f);
}

TEST_CASE("an event that turns out to be a logout loses its token") {
  StoreFixture f;
  Event event = Logout();
  event.topic = "demo.other";
  REQUIRE(f.store.ledger().Merge(event, FieldSet::All(), std::nullopt));
  REQUIRE(f.store.ledger().Merge(Logout(), FieldSet().Add(Field::kTopic), std::nullopt));
  CHECK(f.store.view().table().summary(0) == R"({"why":"expired"})");
}

TEST_CASE("a logout is imported without its token") {
  StoreFixture f;
  const auto report = f.store.ledger().Import(
      R"({"createdAt":"2026-03-20T09:46:40+00:00","id":"07070707070707070707070707070707",)"
      R"("summary":{"token":"s3cret","why":"expired"},"topic":"auth.logout",)"
      R"("updatedAt":"2026-03-20T09:46:40+00:00"})");
  REQUIRE(report);
  REQUIRE(report->events == 1);
  CheckRedacted(f);
}

TEST_CASE("other topics keep a summary's token, and a logout its other members") {
  CHECK_FALSE(RedactedSummary("demo.a", R"({"token":"x"})"));
  CHECK_FALSE(RedactedSummary("auth.logout", R"({"a":{"token":"x"}})"));
  CHECK(RedactedSummary("auth.logout", R"({"a":1,"token":["x"]})") == R"({"a":1})");
}

}  // namespace
}  // namespace cuesheet::testing
