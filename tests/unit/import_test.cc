#include <catch2/catch_amalgamated.hpp>
#include <random>

#include "base/json_canonical.h"
#include "event/codec.h"
#include "event/event_reader.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

std::string Export(const StoreFixture& f) {
  std::string out;
  f.store.view().table().VisitRange({}, [&](Row row) {
    AppendEvent(out, f.store.view().table().View(row).value(), EventForm::kRest);
    out += '\n';
    return true;
  });
  return out;
}

TEST_CASE("an export imports into the same events, and survives a restart") {
  StoreFixture f;
  const Uuid parent = f.Dispatch(
      R"({"topic":"demo.a","description":"a \"quoted\" line\nand one more \u00e9","summary":{"b":1,"a":[1.5,null]}})");
  f.Dispatch(
      R"({"topic":"demo.b","hash":"h","finished":false,"payload":{"x":{"y":"z"}},"dependsOn":")" +
      parent.Hex() + "\"}");
  StoreFixture g;
  const auto report = g.store.ledger().Import(Export(f));
  REQUIRE(report);
  CHECK(report->events == 2);
  CHECK(report->refused == 0);
  CHECK(Export(g) == Export(f));
  CHECK(g.store.ledger().Import(Export(f))->known == 2);
  g.Commit();
  EventStore again(&g.env);
  REQUIRE(again.files().Open());
  CHECK(again.view().table().size() == 2);
  CHECK(again.view().sequence() == 2);
}

TEST_CASE("a line that is not as the export writes it is read all the same") {
  EventReader reader;
  const auto event = reader.Read(
      R"( { "updated_at":"2026-01-02T00:00:00", "createdAt":"2026-01-01T00:00:00Z",
           "topic":"demo.a", "id":"e0000000000000000000000000000001", "more":[1,2],
           "summary": {"b": 1e2, "a": "\u0041"}, "project":null } )");
  REQUIRE(event);
  CHECK(event->topic == "demo.a");
  CHECK(event->summary == R"({"a":"A","b":100.0})");
  CHECK_FALSE(event->project);
}

TEST_CASE("numbers of any length are read, as their shortest form") {
  EventReader reader;
  const auto event = reader.Read(
      R"({"id":"e0000000000000000000000000000001","topic":"demo.a","createdAt":"2026-01-01",
          "updatedAt":"2026-01-01","summary":{"a\"b":1e300,"sum":0.300000000000000044}})");
  REQUIRE(event);
  CHECK(event->summary == R"({"a\"b":1e+300,"sum":0.30000000000000004})");
}

TEST_CASE("refused lines are named and the others go in") {
  StoreFixture f;
  const std::string good =
      R"("topic":"demo.a","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"})";
  const auto report = f.store.ledger().Import(
      "not json\n\n{}\n"
      R"({"id":"e000000000000000000000000000000X",)" +
      good + '\n' + R"({"id":"e0000000000000000000000000000001","status":"odd",)" + good + '\n' +
      R"({"id":"e0000000000000000000000000000002",)" + good);
  REQUIRE(report);
  CHECK(report->events == 1);
  REQUIRE(report->refused == 4);
  CHECK(report->refusals[0].line == 1);
  CHECK(report->refusals[0].message.starts_with("not valid JSON"));
  CHECK(report->refusals[1].line == 3);
  CHECK(report->refusals[2].message == "id: expected 32 lower-case hex digits");
  CHECK(report->refusals[3].message == "status: expected one of the six statuses");
}

// Random JSON text with everything that has two ways to be written.
class JsonText {
 public:
  explicit JsonText(uint32_t seed) : random_(seed) {}
  std::string Value(int depth) {
    switch (random_() % (depth > 3 ? 4 : 6)) {
      case 0:
        return Pick({"true",
                     "false",
                     "null",
                     "0",
                     "-0",
                     "7",
                     "-12",
                     "1.5",
                     "1.50",
                     "0.0001",
                     "0.00001",
                     "1e3",
                     "-0.0",
                     "123456789012345678",
                     "1234567890123456789012",
                     "0.1234567890123456",
                     "5.0",
                     "01",
                     "+1",
                     "1.",
                     ".5",
                     "tru"});
      case 1:
      case 2:
      case 3:
        return String();
      case 4:
        return List('[', ']', depth, false);
      default:
        return List('{', '}', depth, true);
    }
  }

 private:
  std::string Pick(const std::vector<std::string>& from) { return from[random_() % from.size()]; }
  std::string String() {
    std::string text = "\"";
    for (auto i = random_() % 30; i > 0; --i) {
      text +=
          random_() % 9 != 0
              ? std::string(1, static_cast<char>('a' + random_() % 26))
              : Pick({"\\n", "\\u000a", "\\u001f", "\\u001F", "\\/", "\\\"", "é", "\\u00e9",
                      "\xF0\x9F\x98\x80", "\xC0\xAF", "\xED\xA0\x80", "\x7F", "\t", "\\\\", "\\b"});
    }
    return text + '"';
  }
  std::string List(char open, char close, int depth, bool keys) {
    std::string text(1, open);
    for (auto i = random_() % 4; i > 0; --i) {
      if (text.size() > 1) text += random_() % 20 == 0 ? ", " : ",";
      if (keys) text += "\"" + Pick({"a", "b", "ab", "c", "\\u0061"}) + "\":";
      text += Value(depth + 1);
    }
    return text + close;
  }
  std::mt19937 random_;
};

TEST_CASE("a line is as deep as any other JSON may be, however it is read") {
  const auto line = [](size_t depth, const char* space) {
    return R"({"createdAt":"2026-01-01","id":"e0000000000000000000000000000001","summary":{"a":)" +
           std::string(depth - 2, '[') + std::string(depth - 2, ']') + "}," + space +
           R"("topic":"demo.a","updatedAt":"2026-01-01"})";
  };
  EventReader reader;
  for (const char* space : {"", " "}) {
    CHECK(reader.Read(line(kMaxJsonDepth, space)));
    CHECK_FALSE(reader.Read(line(kMaxJsonDepth + 1, space)));
  }
}

TEST_CASE("what passes for canonical is what the writer writes") {
  JsonText texts(11);
  size_t canonical = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::string text = texts.Value(0);
    const Json parsed = Json::parse(text, nullptr, false);
    if (CanonicalEnd(text, 0) == text.size()) {
      REQUIRE_FALSE(parsed.is_discarded());
      REQUIRE(CanonicalText(parsed) == text);
      ++canonical;
    }
    if (parsed.is_discarded()) continue;
    const std::string rewritten = CanonicalText(parsed);
    if (CanonicalEnd(rewritten, 0) == rewritten.size()) ++canonical;
  }
  CHECK(canonical > 20'000);
}

}  // namespace
}  // namespace cuesheet::testing
