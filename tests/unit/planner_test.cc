#include "replica/planner.h"

#include <array>
#include <catch2/catch_amalgamated.hpp>

#include "replica_fixture.h"

namespace cuesheet::testing {
namespace {

// Which task asks so.
std::string TaskOf(const ReplicaFixture::Asked& asked) {
  if (asked.path == "/api/query") return "changes";
  if (asked.path.starts_with("/api/events/")) return "missing";
  if (asked.body.contains("ids")) return "ids";
  if (asked.body.contains("statuses")) return "open jobs";
  if (asked.body.contains("topics")) return "replaced";
  if (asked.body.contains("before")) return "history";
  return asked.body.contains("last") ? "newest" : "walk";
}

TEST_CASE("tasks have their turn in the order of the plan") {
  ReplicaFixture f;
  const int page = static_cast<int>(kReadPageSize);
  Json newest = Json::array();
  for (int order = 2 * page; order > page; --order) newest.push_back(Edge(order));
  newest[0] = Edge(2 * page, "demo.job", "in_progress");
  f.Open();
  f.Answer(f.Next().request, newest);
  f.connection.Closed(f.Now(), f.Draw());
  (void)f.Effects();
  f.Open();
  std::vector<std::string> tasks;
  const auto answer_all = [&](size_t limit) {
    for (auto asked = f.Next(); asked.request != 0; asked = f.Next()) {
      tasks.push_back(TaskOf(asked));
      if (tasks.size() >= limit) return;
      const bool is_gone = tasks.back() == "missing";
      const bool is_refused = tasks.back() == "changes";
      f.Answer(asked.request, Json::array(), is_gone ? 404 : is_refused ? 403 : 200);
    }
  };
  answer_all(100);
  CHECK(f.connection.state() == ConnectionState::kLive);
  CHECK(tasks == std::vector<std::string>{"walk", "ids", "changes", "open jobs"});
  tasks.clear();
  f.Wait(kSettleDelayMs);
  answer_all(5);
  CHECK(tasks == std::vector<std::string>{"walk", "replaced", "missing", "history", "ids"});
}

TEST_CASE("an id waits once to be read again, first come first, and more than the bound do not") {
  const auto id = [](uint8_t number) {
    Uuid made{};
    made.bytes[0] = number;
    return made;
  };
  RereadQueue queue;
  for (const uint8_t number : std::array<uint8_t, 4>{1, 2, 1, 3}) queue.Add(id(number));
  CHECK(queue.Take({}) == std::vector<Uuid>{id(1), id(2), id(3)});
  queue.Add(id(1));
  queue.AddLater(id(4), {1'000'000}, 10);
  CHECK(queue.Take({1'009'999}) == std::vector<Uuid>{id(1)});
  CHECK(queue.Take({1'010'000}) == std::vector<Uuid>{id(4)});
  CHECK_FALSE(queue.later_at());
  for (size_t i = 0; i < kMaxRereads + 1; ++i) {
    Uuid each{};
    each.bytes[0] = static_cast<uint8_t>(i);
    each.bytes[1] = static_cast<uint8_t>(i >> 8);
    queue.Add(each);
  }
  CHECK(queue.is_full());
  CHECK(queue.Take({}).size() == kRereadBatch);
  CHECK_FALSE(queue.is_full());
}

TEST_CASE("a start while it is connected closes the socket and begins anew") {
  ReplicaFixture f;
  f.Open();
  const uint64_t request = f.Next().request;
  f.connection.Start(f.Now());
  const auto effects = f.Effects();
  CHECK(effects[0]["effect"] == "disconnect");
  CHECK(f.connection.state() == ConnectionState::kConnecting);
  f.Answer(request, Json::array());  // of the connection before
  CHECK(f.connection.state() == ConnectionState::kConnecting);
}

TEST_CASE("a connection pauses and goes on only by the states between") {
  using State = ConnectionState;
  CHECK(MayBecome(State::kStopped, State::kWaiting));
  CHECK(MayBecome(State::kLive, State::kCatchingUp));
  CHECK_FALSE(MayBecome(State::kConnecting, State::kLive));
  CHECK_FALSE(MayBecome(State::kLive, State::kWaiting));
  CHECK_FALSE(MayBecome(State::kUnauthorized, State::kLive));
}

TEST_CASE("a hub whose changes follow on its snapshot is asked for nothing more") {
  ReplicaFixture f;
  f.GoLive();
  REQUIRE(f.connection.Message(R"({"topic":"cuesheet.gone","code":410})", f.Now(), f.Draw()));
  const uint64_t request = f.Effect("snapshot").value()["request"];
  REQUIRE(f.connection.Snapshot(request, "{\"sequence\":5,\"store\":\"s1\"}\n", f.Now(), f.Draw()));
  REQUIRE(f.connection.SnapshotEnded(request, kSnapshotWhole, f.Now(), f.Draw()));
  REQUIRE(f.connection.Message(
      R"({"topic":"cuesheet.changes","store":"s1","head":5,"next":5,"changes":[]})", f.Now(),
      f.Draw()));
  CHECK(f.connection.state() == ConnectionState::kLive);
  (void)f.Effects();
  f.Wait(kFeedAnswerMs);
  CHECK_FALSE(f.Effect("fetch"));
}

}  // namespace
}  // namespace cuesheet::testing
