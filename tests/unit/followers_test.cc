#include <catch2/catch_amalgamated.hpp>

#include "event/feed_version.h"
#include "hub/api.h"
#include "hub/open_events.h"
#include "hub/sockets.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

const char* const kManager = R"({"name":"mona","isManager":true})";
const char* const kUser = R"({"name":"alice","accessGroups":{"demo":["artist"]}})";
const char* const kGuest = R"({"name":"visitor","isGuest":true})";

// A hub without HTTP: what happens in the store reaches the sockets as in wasm/instance.cc.
struct FollowerFixture : StoreFixture {
  HubApi api{&store.view(), &store.ledger(), &store.exports(), &store.files()};
  EffectQueue effects;
  Sockets sockets{&effects, &store.view(), &api.feed()};

  FollowerFixture() { sockets.UseStore("here"); }

  void Publish() {
    for (const Change& change : store.ledger().TakeChanges()) {
      api.Note(change);
      sockets.Publish(change);
    }
    sockets.Published();
  }
  Uuid Add(std::string_view body = R"({"topic":"a.b"})") {
    const Uuid id = Dispatch(body);
    Publish();
    return id;
  }
  void Join(uint32_t client, std::string_view who, const std::string& more) {
    sockets.Opened(client, {0});
    sockets.Message(
        client, R"({"topic":"auth","token":"t","subscribe":["*"],"snapshot":false)" + more + "}");
    (void)effects.Take();
    sockets.Authenticated(client, Caller::Parse(Json::parse(who)).value());
  }
  void Acknowledge(uint32_t client, uint64_t sequence) {
    sockets.Message(client, R"({"topic":"ack","sequence":)" + std::to_string(sequence) + "}");
  }
  // The frames that went to the client since the last call; its last state is kept.
  std::vector<Json> Heard(uint32_t client) { return HeardIn(effects.Take(), client); }
  std::vector<Json> HeardIn(const std::string& lines, uint32_t client) {
    std::vector<Json> frames;
    for (size_t at = 0; at < lines.size();) {
      const size_t end = lines.find('\n', at);
      const Json effect = Json::parse(lines.substr(at, end - at));
      at = end + 1;
      if (effect["effect"] == "remember") state = effect["state"];
      if (effect["effect"] != "send") continue;
      for (const Json& to : effect["clients"]) {
        if (to == client) frames.push_back(Json::parse(effect["text"].get<std::string>()));
      }
    }
    return frames;
  }
  // The sequences of the changes in these frames.
  static std::vector<uint64_t> Sequences(const std::vector<Json>& frames) {
    std::vector<uint64_t> sequences;
    for (const Json& frame : frames) {
      CHECK(frame["topic"] == "cuesheet.changes");
      for (const Json& change : frame["changes"]) sequences.push_back(change["sequence"]);
    }
    return sequences;
  }
  std::string state;
};

std::vector<uint64_t> Range(uint64_t from, uint64_t to) {
  std::vector<uint64_t> sequences;
  for (uint64_t sequence = from; sequence <= to; ++sequence) sequences.push_back(sequence);
  return sequences;
}

TEST_CASE("a follower gets what it missed, then what happens, removals too, each once") {
  FollowerFixture f;
  f.Add();
  const Uuid second = f.Add();
  f.Join(1, kManager, R"(,"since":1,"store":"here")");
  const auto first = f.Heard(1);
  REQUIRE(first.size() == 1);
  CHECK(FollowerFixture::Sequences(first) == Range(2, 2));
  CHECK(first[0]["next"] == 2);
  CHECK(first[0]["head"] == 2);
  CHECK(first[0]["store"] == "here");
  CHECK(first[0]["version"] == kFeedVersion);
  REQUIRE(f.store.ledger().Remove(second).has_value());
  f.Publish();
  const auto removal = f.Heard(1);
  REQUIRE(removal.size() == 1);
  CHECK(removal[0]["changes"] ==
        Json::array({{{"sequence", 3}, {"kind", "removed"}, {"id", second.Hex()}}}));
}

TEST_CASE("a follower that knows all is told so at once") {
  FollowerFixture f;
  f.Add();
  f.Join(1, kManager, R"(,"since":1)");
  const auto heard = f.Heard(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["changes"] == Json::array());
  CHECK(heard[0]["next"] == 1);
}

TEST_CASE("sockets without since hear what they always heard") {
  FollowerFixture f;
  f.Join(1, kManager, "");
  CHECK(f.Heard(1).empty());
  const Uuid id = f.Add();
  const auto heard = f.Heard(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["id"] == id.Hex());
  CHECK(heard[0]["topic"] == "a.b");
  REQUIRE(f.store.ledger().Remove(id).has_value());
  f.Publish();
  CHECK(f.Heard(1).empty());
}

TEST_CASE("a follower that logs in without since hears stock messages again") {
  FollowerFixture f;
  f.Join(1, kManager, R"(,"since":0)");
  f.Join(1, kManager, "");
  (void)f.effects.Take();
  f.Add();
  const auto heard = f.Heard(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["topic"] == "a.b");
}

TEST_CASE("what is not stored reaches a follower as every socket") {
  FollowerFixture f;
  f.Join(1, kManager, R"(,"since":0)");
  (void)f.effects.Take();
  f.Add(R"({"topic":"a.b","store":false})");
  const auto heard = f.Heard(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["topic"] == "a.b");
}

TEST_CASE("a follower that acknowledges nothing is sent a window, and the rest when it does") {
  FollowerFixture f;
  constexpr uint64_t kAll = 1234;
  for (uint64_t i = 0; i < kAll; ++i) f.Add();
  f.Join(1, kManager, R"(,"since":0)");
  auto sequences = FollowerFixture::Sequences(f.Heard(1));
  CHECK(sequences == Range(1, kWindowBatches * kBatchChanges));
  f.Add();
  f.sockets.Published();
  CHECK(f.Heard(1).empty());
  f.Acknowledge(1, 99);  // not a whole batch
  CHECK(f.Heard(1).empty());
  f.Acknowledge(1, 100);
  const auto more = FollowerFixture::Sequences(f.Heard(1));
  CHECK(more == Range(801, 900));
  f.Acknowledge(1, 900);
  const auto rest = FollowerFixture::Sequences(f.Heard(1));
  CHECK(rest == Range(901, kAll + 1));
}

TEST_CASE("large changes fill the window of a follower sooner") {
  FollowerFixture f;
  const std::string large(300'000, 'x');
  for (int i = 0; i < 12; ++i) f.Add(R"({"topic":"a.b","description":")" + large + "\"}");
  f.Join(1, kManager, R"(,"since":0)");
  size_t bytes = 0;
  const auto heard = f.Heard(1);
  for (const Json& frame : heard) bytes += frame.dump().size();
  CHECK(heard.size() < kWindowBatches);
  CHECK(bytes > kWindowBytes);
  CHECK(bytes < kWindowBytes + kBatchBytes + large.size() + 1000);
}

TEST_CASE("changes that are gone, or of another store, stay gone until the socket logs in again") {
  FollowerFixture f;
  f.Add();
  const std::string wanted = GENERATE(R"(,"since":5)", R"(,"since":0,"store":"other")");
  f.Join(1, kManager, wanted);
  const auto heard = f.Heard(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["topic"] == "cuesheet.gone");
  CHECK(heard[0]["code"] == 410);
  CHECK(heard[0]["head"] == 1);
  CHECK(heard[0]["store"] == "here");
  CHECK(heard[0]["version"] == kFeedVersion);
  f.Add();
  CHECK(f.Heard(1).empty());
  f.Join(1, kManager, R"(,"since":1)");
  CHECK(FollowerFixture::Sequences(f.Heard(1)) == Range(2, 2));
}

// Lines of an export, of so many events.
std::string LinesOf(size_t events) {
  std::string lines;
  for (size_t i = 1; i <= events; ++i) {
    Event event;
    event.id = Uuid::FromTicks(static_cast<int64_t>(i), {});
    event.topic = "a.b";
    AppendEvent(lines, View(event), EventForm::kExport);
    lines += '\n';
  }
  return lines;
}

TEST_CASE("a follower hears of every event of an import") {
  FollowerFixture f;
  f.Join(1, kManager, R"(,"since":0)");
  (void)f.effects.Take();
  REQUIRE(f.store.ledger().Import(LinesOf(3))->events == 3);
  f.Publish();
  const auto heard = f.Heard(1);
  CHECK(FollowerFixture::Sequences(heard) == Range(1, 3));
  CHECK(heard[0]["changes"][0]["kind"] == "inserted");
  CHECK(heard[0]["changes"][2]["event"]["topic"] == "a.b");
}

TEST_CASE("an import of more events than the feed knows is one change, and sends for a snapshot") {
  FollowerFixture f;
  f.Join(1, kManager, R"(,"since":0)");
  (void)f.effects.Take();
  REQUIRE(f.store.ledger().Import(LinesOf(kMaxToldImports + 1))->events == kMaxToldImports + 1);
  const std::vector<Change> changes = f.store.ledger().TakeChanges();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == ChangeKind::kImported);
  CHECK(changes[0].sequence == kMaxToldImports + 1);
  CHECK(changes[0].imported_events == kMaxToldImports + 1);
  CHECK(changes[0].imported.empty());
  f.api.Note(changes[0]);
  f.sockets.Publish(changes[0]);
  f.sockets.Published();
  const auto heard = f.Heard(1);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["topic"] == "cuesheet.gone");
}

TEST_CASE("guests, and a since that is no sequence, are refused and stay stock sockets") {
  FollowerFixture f;
  f.Join(1, kGuest, R"(,"since":0)");
  CHECK(f.Heard(1).at(0)["code"] == 403);
  f.Join(1, kManager, R"(,"since":-1)");
  CHECK(f.Heard(1).at(0)["code"] == 400);
  f.Add();
  CHECK(f.Heard(1).at(0)["topic"] == "a.b");
}

TEST_CASE("a follower sees of other projects what the change feed shows: removals") {
  FollowerFixture f;
  f.Join(1, kUser, R"(,"since":0)");
  (void)f.effects.Take();
  const Uuid theirs = f.Add(R"({"topic":"a.b","project":"other"})");
  CHECK(f.Heard(1).empty());
  f.Add(R"({"topic":"a.b","project":"demo"})");
  CHECK(FollowerFixture::Sequences(f.Heard(1)) == Range(2, 2));
  REQUIRE(f.store.ledger().Remove(theirs).has_value());
  f.Publish();
  CHECK(f.Heard(1).at(0)["changes"][0]["id"] == theirs.Hex());
}

TEST_CASE("payloads go to the followers that ask for them, as far as they may read the events") {
  FollowerFixture f;
  f.Join(1, kManager, R"(,"since":0,"payloads":true)");
  f.Join(2, kManager, R"(,"since":0)");
  f.Join(3, kUser, R"(,"since":0,"payloads":true)");
  (void)f.effects.Take();
  const Uuid id = f.Dispatch(R"({"topic":"a.b","project":"other","payload":{"n":1}})");
  f.Publish();
  const std::string lines = f.effects.Take();
  const auto with = f.HeardIn(lines, 1);
  const auto without = f.HeardIn(lines, 2);
  CHECK(f.HeardIn(lines, 3).empty());
  CHECK(with.at(0)["changes"][0]["event"]["payload"] == Json::parse(R"({"n":1})"));
  CHECK_FALSE(without.at(0)["changes"][0]["event"].contains("payload"));
  CHECK(with.at(0)["payloads"] == true);
  CHECK_FALSE(without.at(0).contains("payloads"));
  f.Join(4, kManager, R"(,"since":0,"payloads":true)");
  (void)f.Heard(4);
  f.Join(5, kManager, R"(,"since":1,"payloads":true)");
  CHECK(f.Heard(5).at(0)["payloads"] == true);  // also when there are no changes
  Sockets later(&f.effects, &f.store.view(), &f.api.feed());
  later.UseStore("here");
  REQUIRE(later.Restored(7, f.state));
  REQUIRE(f.Update(id, R"({"payload":{"n":2}})"));
  for (const Change& change : f.store.ledger().TakeChanges()) f.api.Note(change);
  (void)f.effects.Take();
  later.Published();
  CHECK(f.Heard(7).at(0)["changes"][0]["event"]["payload"] == Json::parse(R"({"n":2})"));
}

TEST_CASE("the position of a follower outlives the hub, with what it has not acknowledged") {
  FollowerFixture f;
  for (int i = 0; i < 1000; ++i) f.Add();
  f.Join(1, kManager, R"(,"since":0)");
  (void)f.Heard(1);
  f.Acknowledge(1, 100);
  (void)f.Heard(1);
  Sockets later(&f.effects, &f.store.view(), &f.api.feed());
  later.UseStore("here");
  REQUIRE(later.Restored(7, f.state));
  CHECK(f.Heard(7).empty());  // the window is as full as it was
  later.Message(7, R"({"topic":"ack","sequence":900})");
  CHECK(FollowerFixture::Sequences(f.Heard(7)) == Range(901, 1000));

  Sockets elsewhere(&f.effects, &f.store.view(), &f.api.feed());
  elsewhere.UseStore("another");
  REQUIRE(elsewhere.Restored(7, f.state));
  CHECK(f.Heard(7).at(0)["topic"] == "cuesheet.gone");
  CHECK_FALSE(elsewhere.Restored(8, R"({"caller":{"name":"a"},"follow":{"sent":"x"}})"));
}

TEST_CASE("what is in work is shown first, as far as it was asked for and may be read") {
  FollowerFixture f;
  const Uuid open = f.Add(R"({"topic":"render.a","project":"demo","finished":false})");
  f.Add(R"({"topic":"render.b","project":"other","finished":false})");
  f.Add(R"({"topic":"render.c","project":"demo"})");
  f.Add(R"({"topic":"sync.d","project":"demo","finished":false})");
  REQUIRE(f.Update(open, R"({"status":"in_progress","progress":42})").has_value());
  f.Publish();
  const std::string since = GENERATE(R"("since":5)", R"("snapshot":true)");
  f.sockets.Opened(1, {0});
  f.sockets.Message(1, R"({"topic":"auth","token":"t","subscribe":["render"],)" + since + "}");
  (void)f.effects.Take();
  f.sockets.Authenticated(1, Caller::Parse(Json::parse(kUser)).value());
  const Json heard = f.Heard(1).at(0);
  CHECK(heard["topic"] == "cuesheet.open");
  CHECK(heard["sequence"] == 5);
  CHECK(heard["isComplete"] == true);
  REQUIRE(heard["events"].size() == 1);
  CHECK(heard["events"][0]["id"] == open.Hex());
  CHECK(heard["events"][0]["progress"] == 42);
}

TEST_CASE("what is in work is shown up to a bound, newest first") {
  FollowerFixture f;
  for (size_t i = 0; i <= kMaxOpenEvents; ++i) f.Add(R"({"topic":"a.b","finished":false})");
  f.sockets.Opened(1, {0});
  f.sockets.Message(1, R"({"topic":"auth","token":"t","subscribe":["*"],"snapshot":true})");
  (void)f.effects.Take();
  f.sockets.Authenticated(1, Caller::Parse(Json::parse(kManager)).value());
  const Json heard = f.Heard(1).at(0);
  CHECK(heard["events"].size() == kMaxOpenEvents);
  CHECK(heard["isComplete"] == false);
}

}  // namespace
}  // namespace cuesheet::testing
