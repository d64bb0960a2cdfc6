#include "base/effects.h"

#include <catch2/catch_amalgamated.hpp>
#include <vector>

#include "effects_fixture.h"

namespace cuesheet::testing {
namespace {

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
  }
  return lines;
}

TEST_CASE("every effect is the line that the fixture of both sides has") {
  EffectQueue effects;
  effects.Changed(7);
  effects.Send(std::vector<uint32_t>{1, 2}, R"({"topic":"a \"quote\"","n":"é"})");
  effects.Identify(1, "to\"ken");
  effects.Remember(1, R"({"project":null})");
  effects.Close(UINT32_MAX, 1013);
  effects.Connect();
  effects.Disconnect();
  effects.Authenticate({});
  effects.Authenticate({.since = 9, .store = "5eed", .is_relay = true, .version = 1});
  effects.Acknowledge((uint64_t{1} << 53) - 1);
  effects.Snapshot(1, "/api/snapshot?form=columns");
  effects.Fetch({.number = 2, .method = "GET", .path = "/api/events/\""});
  effects.Fetch({.number = 3, .method = "POST", .path = "/graphql", .body = R"({"query":"{}"})"});
  effects.Timer(0);
  effects.State("live");
  effects.Write({.number = 4, .method = "DELETE", .path = "/api/events/5eed"});
  effects.Write(
      {.number = 5, .method = "POST", .path = "/api/events", .body = R"({"topic":"a.b"})"});
  effects.Wake(500);
  effects.Written({.number = 1, .id = "5eed"});
  effects.Written({.number = 2,
                   .id = "5eed",
                   .outcome = WriteOutcome::kRefused,
                   .status = 409,
                   .detail = "a\nb"});
  effects.Renamed("5eed", "feed");
  effects.Outbox();
  CHECK(effects.count() == LinesOf(kEffectsFixture).size());
  CHECK(LinesOf(effects.Take()) == LinesOf(kEffectsFixture));
  CHECK(effects.count() == 0);
}

TEST_CASE("a text for nobody is no effect") {
  EffectQueue effects;
  effects.Send({}, "text");
  CHECK(effects.count() == 0);
  CHECK(effects.Take().empty());
}

}  // namespace
}  // namespace cuesheet::testing
