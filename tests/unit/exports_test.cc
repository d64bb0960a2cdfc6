#include <catch2/catch_amalgamated.hpp>
#include <random>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

std::string Whole(const EventStore& store) {
  std::string out;
  REQUIRE(store.answers().Export(out, std::nullopt, SIZE_MAX));
  return out;
}

// Reads an export to its end, and calls `between` after each part but the last.
template <typename Between>
std::string ReadAll(StoreFixture& f, uint32_t number, size_t limit_bytes, Between between) {
  std::string out;
  for (;;) {
    const auto part = f.store.exports().Next(number, out, limit_bytes, f.Now());
    REQUIRE(part);
    if (part->is_last) return out;
    between();
  }
}

Uuid IdAt(const EventTable& table, size_t at) {
  Uuid id;
  table.VisitRange({}, [&](Row row) {
    id = table.id(row);
    return at-- > 0;
  });
  return id;
}

// Any command that changes an event that is there, or adds one.
void ChangeSomething(StoreFixture& f, std::mt19937& random) {
  const EventTable& table = f.store.view().table();
  const auto number = std::to_string(random() % 40);
  if (table.size() == 0 || random() % 6 == 0) {
    f.Dispatch(R"({"topic":"demo.new","summary":{"n":)" + number + "}}");
    return;
  }
  const Uuid id = IdAt(table, random() % table.size());
  switch (random() % 4) {
    case 0:
      REQUIRE(f.Update(id, R"({"description":"changed )" + number + "\"}"));
      break;
    case 1:
      REQUIRE(f.Update(id, R"({"payload":{"n":)" + number + R"(},"status":"failed"})"));
      break;
    case 2:
      (void)f.store.ledger().Remove(id);  // refused when it has children
      break;
    default:  // another event takes the place of the one with this hash
      (void)f.TryDispatch(R"({"topic":"demo.again","reuse":true,"hash":"h)" + number + "\"}");
  }
}

TEST_CASE("an export shows the events as they were when it began, whatever changes meanwhile") {
  const auto seed = GENERATE(range(0U, 60U));
  std::mt19937 random(seed);
  StoreFixture f;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    const std::string parent =
        i % 3 == 0
            ? ""
            : R"(,"dependsOn":")" +
                  IdAt(f.store.view().table(), random() % static_cast<unsigned>(i)).Hex() + '"';
    f.Dispatch(R"({"topic":"demo.job","hash":"h)" + number + R"(","payload":{"n":)" + number + "}" +
               parent + "}");
  }
  const std::string before = Whole(f.store);
  const auto number = f.store.exports().Begin(f.Now());
  REQUIRE(number);
  const size_t limit = random() % 3000;
  const std::string shown = ReadAll(f, *number, limit, [&] {
    for (auto changes = random() % 12; changes > 0; --changes) ChangeSomething(f, random);
  });
  CHECK(shown == before);
  std::string nothing;
  const auto again = f.store.exports().Next(*number, nothing, 1, f.Now());
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::kNotFound);
}

TEST_CASE("as many exports as are allowed run at once, and one that nobody reads makes room") {
  StoreFixture f;
  f.Dispatch(R"({"topic":"demo.a"})");
  f.Dispatch(R"({"topic":"demo.b"})");
  Exports& exports = f.store.exports();
  for (size_t i = 0; i < kMaxExports; ++i) REQUIRE(exports.Begin(f.Now()));
  const auto refused = exports.Begin(f.Now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kState);
  exports.End(1);
  REQUIRE(exports.Begin(f.Now()));
  CHECK_FALSE(exports.Begin(f.Now()));
  f.now_us += kMaxExportIdleUs;
  CHECK(exports.Begin(f.Now()));
}

TEST_CASE("an export gives up when more of its events change than it may keep") {
  StoreFixture f;
  const std::string megabyte(1'000'000, 'x');
  const size_t events = (kMaxExportSavedBytes >> 20) + 8;
  std::vector<Uuid> ids;
  for (size_t i = 0; i < events; ++i) {
    ids.push_back(f.Dispatch(R"({"topic":"demo.a","description":")" + megabyte + "\"}"));
    f.Commit();
  }
  Exports& exports = f.store.exports();
  const uint32_t number = exports.Begin(f.Now()).value();
  std::string out;
  REQUIRE_FALSE(exports.Next(number, out, 1, f.Now())->is_last);
  for (const Uuid& id : ids) REQUIRE(f.Update(id, R"({"description":"short"})"));
  const auto refused = exports.Next(number, out, 1, f.Now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kTooLarge);
  CHECK(refused.error().message.contains("64 MiB"));
  CHECK(exports.Next(number, out, 1, f.Now()).error().code == ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cuesheet::testing
