#include <catch2/catch_amalgamated.hpp>
#include <vector>

#include "event/event_reader.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

std::string ExportAll(const EventStore& store) {
  std::string out;
  REQUIRE_FALSE(store.answers().Export(out, std::nullopt, SIZE_MAX)->next);
  return out;
}

// The parts that a host gets which goes on from cursor to cursor.
std::vector<std::string> ExportParts(const EventStore& store, size_t limit_bytes) {
  std::vector<std::string> parts;
  std::optional<double> after;
  for (bool more = true; more;) {
    const auto part = store.answers().Export(parts.emplace_back(), after, limit_bytes);
    REQUIRE(part);
    more = part->next.has_value();
    if (more) after = ParseCursor(*part->next).value();
  }
  return parts;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

void Fill(StoreFixture& f, int events) {
  Uuid parent = f.Dispatch(R"({"topic":"demo.first"})");
  for (int i = 0; i < events; ++i) {
    const std::string number = std::to_string(i);
    parent = f.Dispatch(R"({"topic":"demo.job","finished":false,"hash":"h)" + number +
                        R"(","project":"aurora","payload":{"n":)" + number +
                        R"(},"summary":{"text":"k\u016f\u0148 \"q\""},"dependsOn":")" +
                        parent.Hex() + "\"}");
  }
  CHECK(f.Update(parent, R"({"status":"failed","retries":3,"description":"line\nbreak"})"));
}

TEST_CASE("an export and its import into an empty store hold the same events in the same order") {
  StoreFixture f;
  Fill(f, 40);
  f.Dispatch(R"({"topic":"log.info"})");  // logs too
  const std::string lines = ExportAll(f.store);
  StoreFixture g;
  const auto report = g.store.ledger().Import(lines);
  REQUIRE(report);
  CHECK(report->events == 42);
  CHECK(report->refused == 0);
  CHECK(ExportAll(g.store) == lines);
  CHECK(g.View(f.store.view().table().id(0)).topic == "demo.first");
}

TEST_CASE("an export in parts is the whole export, cut between events") {
  StoreFixture f;
  Fill(f, 40);
  const std::string lines = ExportAll(f.store);
  for (const size_t limit : {1UZ, 700UZ, 5'000UZ, lines.size() - 1, lines.size()}) {
    const auto parts = ExportParts(f.store, limit);
    CHECK(Joined(parts) == lines);
    CHECK((parts.size() == 1) == (limit == lines.size()));
    for (const std::string& part : parts) {
      CHECK(part.ends_with("}\n"));
      CHECK((part.size() <= limit || std::ranges::count(part, '\n') == 1));
    }
  }
}

TEST_CASE("the export of an empty store is empty, and so is what follows the last event") {
  StoreFixture f;
  CHECK(ExportAll(f.store).empty());
  f.Dispatch(R"({"topic":"demo.a"})");
  std::string out;
  const auto part = f.store.answers().Export(out, 1e15, 1000);
  REQUIRE(part);
  CHECK(part->events == 0);
  CHECK(out.empty());
}

TEST_CASE("events that are written between two parts are in the export, if they come after") {
  StoreFixture f;
  Fill(f, 4);
  std::string out;
  const auto first = f.store.answers().Export(out, std::nullopt, 1);
  REQUIRE(first->next);
  f.Dispatch(R"({"topic":"demo.late"})");
  REQUIRE(f.store.answers().Export(out, ParseCursor(*first->next).value(), SIZE_MAX)->events == 5);
  CHECK(out == ExportAll(f.store));
}

TEST_CASE("a payload that is not here is left out, and not here after the import either") {
  StoreFixture f;
  Event event = Own(f.View(f.Dispatch(R"({"topic":"demo.a"})")));
  event.id = *Uuid::Parse("e0000000000000000000000000000001");
  event.payload.reset();
  FieldSet fields = FieldSet::All();
  REQUIRE(f.store.ledger().Merge(event, fields.Drop(Field::kPayload), std::nullopt));
  StoreFixture g;
  REQUIRE(g.store.ledger().Import(ExportAll(f.store))->events == 2);
  CHECK_FALSE(g.View(event.id).payload);
  CHECK(ExportAll(g.store) == ExportAll(f.store));
}

TEST_CASE("an event that several requests made larger than one request may be goes both ways") {
  StoreFixture f;
  const std::string megabyte(1'000'000, 'x');
  const Uuid id = f.Dispatch(R"({"topic":"demo.a"})");
  for (const char* key : {"summary", "payload"}) {
    REQUIRE(f.Update(id, R"({")" + std::string(key) + R"(":{"a":")" + megabyte + "\"}}"));
  }
  StoreFixture g;
  CHECK(g.store.ledger().Import(ExportAll(f.store))->events == 1);
  CHECK(g.View(id).payload == f.View(id).payload);
  const auto refused = EventReader().Read(std::string(kMaxEventLineBytes + 1, ' '));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace cuesheet::testing
