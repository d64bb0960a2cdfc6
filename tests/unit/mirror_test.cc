#include "replica/mirror.h"

#include <catch2/catch_amalgamated.hpp>

#include "hub/api.h"
#include "small_store.h"

namespace cuesheet::testing {
namespace {

// Into the store, as the dispatches that they were.
class RelayTarget final : public MirrorTarget {
 public:
  explicit RelayTarget(EventStore* store) : store_(store) {}
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress) override {
    return store_->ledger().Merge(event, fields, progress, Trust::kFeed);
  }
  Result<void> Remove(const Uuid& id) override { return store_->ledger().RemoveUpstream(id); }
  bool IsLocal(const Uuid& /*id*/) const override { return false; }

 private:
  EventStore* store_;
};

// A hub and a store that follows it, by what the hub answers.
struct MirrorFixture : StoreFixture {
  HubApi api{&store.view(), &store.ledger(), &store.exports(), &store.files()};
  MemoryEnv copy_env;
  EventStore copy{&copy_env, {.role = StoreRole::kRelay}};
  RelayTarget relay{&copy};
  Mirror mirror{&copy.view(), &relay};
  uint64_t position = 0;

  MirrorFixture() { CUE_ASSERT(copy.files().Open().has_value()); }

  HubResponse Ask(std::string_view operation, const Json& arguments) {
    for (const Change& change : store.ledger().TakeChanges()) api.Note(change);
    const std::string body = arguments.dump();
    HubRequest request;
    request.operation = ParseHubOperation(operation).value();
    request.body = body;
    request.caller = Caller::Parse(Json::parse(R"({"name":"svc","isService":true})")).value();
    request.store = "s1";
    return api.Handle(request, Now(), Draw());
  }
  void TakeSnapshot(std::string_view form = "rows") {
    Json arguments = {{"payloads", "true"}, {"form", form}, {"end", "true"}};
    for (bool more = true; more;) {
      const HubResponse part = Ask("snapshot", arguments);
      REQUIRE(part.status == 200);
      REQUIRE(mirror.Snapshot(part.body));
      more = part.next.has_value();
      if (more) arguments["before"] = *part.next;
    }
    position = mirror.EndSnapshot().value();
  }
  // Pages of `limit` until there is nothing more.
  void Follow(int limit = 2) {
    for (;;) {
      const Json arguments = {{"since", std::to_string(position)},
                              {"limit", std::to_string(limit)},
                              {"payloads", "true"}};
      const HubResponse page = Ask("changes", arguments);
      REQUIRE(page.status == 200);
      const uint64_t next = mirror.Changes(Json::parse(page.body)).value();
      if (next == position) return;
      position = next;
    }
  }
  void CheckSame() { CHECK(SnapshotOf(copy) == SnapshotOf(store)); }
};

// Canonical as they are, but more than the fast check of canonical text follows.
constexpr const char* kRareNumbers = R"({"a\"b":1e+300,"sum":0.30000000000000004})";

TEST_CASE("a snapshot by column says the same") {
  MirrorFixture f;
  const Uuid parent = f.Dispatch(R"({"topic":"demo.a","hash":"own","summary":{"ü":[1,{"b":null}]},
                                     "payload":{"deep":{"x":1.5}},"description":"line\nbreak"})");
  f.Dispatch(R"({"topic":"demo.b","project":"demo","dependsOn":")" + parent.Hex() + "\"}");
  REQUIRE(f.Update(parent, R"({"status":"failed","retries":3})"));
  f.Dispatch(std::string(R"({"topic":"demo.d","summary":)") + kRareNumbers + '}');
  // Ids of another version, of a clock that is far away, and of one before 1970.
  for (const char* id : {"e0000000000000000000000000000001", "ffffffffffff1fff8000000000000002",
                         "00000000000010008000000000000003"}) {
    REQUIRE(
        f.store.ledger().Import(std::string(R"({"id":")") + id + R"(","topic":"demo.c"})" + '\n'));
  }
  f.TakeSnapshot("columns");
  f.CheckSame();
}

TEST_CASE("columns that make no rows are refused") {
  for (
      const char* columns :
      {R"(null)",
       R"([])",
       R"({})",
       R"({"createdUs":[null],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1.5],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":["1"],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[0.5]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":7,"order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"123","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"80000000000000xy","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":[],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":[null],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":"demo.a","updatedUs":[0]})",
       R"({"createdUs":[1],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[null],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":["demo.a"]})",
       R"({"createdUs":[9007199254740991999],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[0]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":[1],"topic":["demo.a"],"updatedUs":[9007199254740991999]})",
       R"({"createdUs":[1],"idHead":[1],"idTail":"8000000000000001","order":[1],"summary":[7],"topic":["demo.a"],"updatedUs":[0]})"}) {
    CAPTURE(columns);
    MirrorFixture f;
    REQUIRE(f.mirror.Snapshot(R"({"sequence":1,"store":"s1"})"));
    CHECK_FALSE(f.mirror.Snapshot(std::string(R"({"columns":)") + columns + '}'));
    CHECK(f.copy.view().table().size() == 0);
  }
}

TEST_CASE("a mirror of a snapshot and of the changes after it is the store") {
  MirrorFixture f;
  for (int i = 0; i < 30; ++i) f.Dispatch(R"({"topic":"demo.a","payload":{"n":1}})");
  const Uuid first = f.Dispatch(R"({"topic":"demo.first","finished":false})");
  f.Dispatch(std::string(R"({"topic":"demo.a","summary":)") + kRareNumbers + '}');
  f.TakeSnapshot();
  f.CheckSame();
  CHECK(f.Update(first, R"({"status":"in_progress","summary":{"a":[1,2]}})"));
  CHECK(f.Update(first, std::string(R"({"payload":)") + kRareNumbers + '}'));
  const Uuid gone = f.Dispatch(R"({"topic":"demo.gone"})");
  f.Dispatch(R"({"topic":"demo.b","hash":"one"})");
  f.Follow();
  f.CheckSame();
  CHECK(f.store.ledger().Remove(gone));
  f.Dispatch(R"({"topic":"demo.b","hash":"one","reuse":true,"description":"again"})");
  f.Dispatch(R"({"topic":"demo.b","hash":"one","reuse":true,"description":"and again"})");
  f.Follow();
  f.CheckSame();
}

TEST_CASE("another snapshot removes what it does not have") {
  MirrorFixture f;
  const Uuid gone = f.Dispatch(R"({"topic":"demo.gone"})");
  f.TakeSnapshot();
  CHECK(f.store.ledger().Remove(gone));
  f.Dispatch(R"({"topic":"demo.b"})");
  f.TakeSnapshot();
  f.CheckSame();
}

TEST_CASE(
    "a snapshot without its last line removes nothing, unless the hub is too old to send one") {
  MirrorFixture f;
  f.Dispatch(R"({"topic":"demo.a"})");
  f.TakeSnapshot();
  const bool promises = GENERATE(true, false);
  const Json arguments = promises ? Json({{"end", "true"}}) : Json::object();
  std::string text = f.Ask("snapshot", arguments).body;
  const std::string first = text.substr(0, text.find('\n') + 1);
  CHECK(text.ends_with("{\"end\":true}\n") == promises);
  REQUIRE(f.mirror.Snapshot(first));  // and then the connection ends as if that were all
  const auto ended = f.mirror.EndSnapshot();
  CHECK(ended.has_value() == !promises);
  CHECK(f.copy.view().table().size() == (promises ? 1 : 0));
  if (!promises) return;
  REQUIRE(f.mirror.Snapshot(text));
  CHECK(f.mirror.EndSnapshot());
  f.CheckSame();
}

TEST_CASE("a mirror passes new events on as the hub sends them") {
  MirrorFixture f;
  f.TakeSnapshot();
  f.Dispatch(R"({"topic":"demo.a","summary":{"a":1}})");
  std::vector<std::string> told;
  for (const Change& change : f.store.ledger().TakeChanges()) {
    told.push_back(SocketMessage(change));
    f.api.Note(change);
  }
  f.Follow();
  std::vector<std::string> here;
  for (const Change& change : f.copy.ledger().TakeChanges()) here.push_back(SocketMessage(change));
  CHECK(here == told);
}

TEST_CASE("a mirror refuses what no hub says") {
  MirrorFixture f;
  const auto code = [](const auto& result) { return result.error().code; };
  CHECK(code(f.mirror.EndSnapshot()) == ErrorCode::kState);
  CHECK(code(f.mirror.Snapshot("{\"id\":\"x\"}\n")) == ErrorCode::kInvalid);
  for (const char* page : {"null", "[]", "{}", R"({"changes":{},"next":1})", R"({"changes":[]})",
                           R"({"changes":[{"kind":"removed","id":"x"}],"next":1})",
                           R"({"changes":[{"kind":"inserted","event":{}}],"next":1})"}) {
    CAPTURE(page);
    CHECK(code(f.mirror.Changes(Json::parse(page))) == ErrorCode::kInvalid);
  }
  CHECK(f.copy.view().table().size() == 0);
}

}  // namespace
}  // namespace cuesheet::testing
