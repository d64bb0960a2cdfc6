#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

Json TreeOf(const StoreFixture& f, const Uuid& id) {
  std::string out;
  REQUIRE(f.store.answers().AppendTree(out, id));
  return Json::parse(out);
}

// Topics of a list of rows.
std::string Names(const Json& rows) { return Topics({{"events", rows}}); }

Uuid Child(StoreFixture& f, const Uuid& parent, const std::string& topic) {
  return f.Dispatch(R"({"topic":")" + topic + R"(","dependsOn":")" + parent.Hex() + "\"}");
}

TEST_CASE("a tree has the way up to the root and everything below, parents first") {
  StoreFixture f;
  const Uuid root = f.Dispatch(R"({"topic":"demo.root"})");
  const Uuid shot = Child(f, root, "demo.shot");
  Child(f, root, "demo.other");
  const Uuid left = Child(f, shot, "demo.left");
  Child(f, shot, "demo.right");
  Child(f, left, "demo.leaf");
  const Json tree = TreeOf(f, shot);
  CHECK(tree["event"]["id"] == shot.Hex());
  CHECK(Names(tree["ancestors"]) == "demo.root");
  CHECK(Names(tree["descendants"]) == "demo.left demo.leaf demo.right");
  CHECK(tree["complete"] == true);
  CHECK(Names(TreeOf(f, left)["ancestors"]) == "demo.root demo.shot");
  CHECK(TreeOf(f, root)["descendants"].size() == 5);
}

TEST_CASE("a tree ends where it is told to, and says so") {
  StoreFixture f;
  const Uuid root = f.Dispatch(R"({"topic":"demo.root"})");
  for (size_t i = 0; i <= kMaxTreeEvents; ++i) Child(f, root, "demo.child");
  CHECK(TreeOf(f, root)["descendants"].size() == kMaxTreeEvents);
  CHECK(TreeOf(f, root)["complete"] == false);
  Uuid last = root;
  for (size_t i = 0; i <= kMaxTreeDepth; ++i) last = Child(f, last, "demo.deep");
  CHECK(TreeOf(f, last)["ancestors"].size() == kMaxTreeDepth);
  CHECK(TreeOf(f, last)["complete"] == false);
}

TEST_CASE("of an event that is not here there is no tree") {
  const StoreFixture f;
  std::string out;
  const auto refused = f.store.answers().AppendTree(out, Uuid{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kNotFound);
  CHECK(out.empty());
}

}  // namespace
}  // namespace cuesheet::testing
