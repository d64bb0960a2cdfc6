#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <map>
#include <random>
#include <string>

#include "base/find_bytes.h"
#include "base/text_arena.h"
#include "table/column.h"
#include "table/dictionary_column.h"
#include "table/row_order.h"
#include "table/value_index.h"

namespace cuesheet::testing {
namespace {

using Orders = std::vector<int64_t>;

std::vector<Row> Visited(const RowOrder& order, const Orders& of, const OrderRange& range) {
  std::vector<Row> rows;
  for (RowOrder::Walk blocks(order, range, [&of](Row row) { return of[row]; }); blocks.Next();) {
    const auto found = blocks.rows();
    rows.insert(rows.end(), found.begin(), found.end());
    if (range.newest_first) std::reverse(rows.end() - std::ssize(found), rows.end());
  }
  return rows;
}

TEST_CASE("a column keeps its values through every size of its pages") {
  Column<uint64_t> column;
  constexpr size_t kRows = 3 * Column<uint64_t>::kPageRows + 5;
  for (size_t row = 0; row < kRows; ++row) {
    column.push_back(row * 7);
    REQUIRE(column.size() == row + 1);
    REQUIRE(column[row] == row * 7);
    REQUIRE(column[row / 2] == row / 2 * 7);
  }
  column[5] = 1;
  column.resize(kRows + 3, 9);
  CHECK(column[5] == 1);
  CHECK(column[kRows - 1] == (kRows - 1) * 7);
  CHECK(column[kRows + 2] == 9);
}

// Texts of an arena by key, and what they should be.
struct KeptTexts {
  TextArena arena;
  std::map<int, std::pair<TextRef, std::string>> texts;

  void Set(int key, const std::string& text) {
    auto& [ref, kept] = texts[key];
    arena.Release(ref);
    ref = arena.Add(text);
    kept = text;
  }
  void Compact() {
    arena.FreeDead();
    if (!arena.IsMoveDue()) return;
    ++moves;
    arena.BeginMove();
    for (auto& [key, value] : texts) value.first = arena.Moved(value.first);
    arena.EndMove();
  }
  bool IsRight() const {
    return std::ranges::all_of(
        texts, [this](const auto& it) { return arena.Get(it.second.first) == it.second.second; });
  }
  int moves = 0;
};

TEST_CASE("dead text gives its memory back, and living text stays readable") {
  std::mt19937 random(11);  // NOLINT: the same numbers every time
  KeptTexts kept;
  uint64_t living = 0;
  for (int round = 0; round < 60'000; ++round) {
    const int key = static_cast<int>(random() % 2000);
    const size_t size = random() % 50 == 0 ? 70'000 + random() % 1000 : random() % 900;
    living -= kept.texts[key].second.size();
    living += size;
    kept.Set(key, std::string(size, static_cast<char>('a' + round % 26)));
    kept.Compact();
    REQUIRE(kept.arena.used() - kept.arena.dead() == living);
    REQUIRE(kept.arena.used() < 2 * living + 3 * TextArena::kMinDead);
  }
  CHECK(kept.moves > 3);
  CHECK(kept.IsRight());
  for (auto& [key, value] : kept.texts) {
    kept.arena.Release(value.first);
    value = {};
  }
  kept.Compact();
  CHECK(kept.arena.used() <= TextArena::kChunkSize);  // the open chunk
}

TEST_CASE("a bound of dead text is kept where there is much more living text") {
  std::mt19937 random(12);  // NOLINT: the same numbers every time
  KeptTexts kept;
  for (int key = 0; key < 40'000; ++key) kept.Set(key, std::string(500, 'x'));
  kept.arena.BoundDead(TextArena::kMinDead);
  for (int round = 0; round < 20'000; ++round) {
    kept.Set(static_cast<int>(random() % 40'000), std::string(500, 'y'));
    kept.Compact();
  }
  CHECK(kept.moves > 0);
  CHECK(kept.arena.dead() < 8 << 20);
  CHECK(kept.IsRight());
}

TEST_CASE("rows stay sorted by creation order whatever the order of inserts and removals") {
  std::mt19937 random(7);  // NOLINT: the same numbers every time
  for (const int shape : {0, 1, 2}) {
    constexpr Row kRows = 5000;
    Orders of(kRows);
    RowOrder order;
    const auto order_of = [&of](Row row) { return of[row]; };
    const auto none = [](BlockSummary& /*block*/, Row /*row*/) {};
    std::vector<Row> expected;
    for (Row row = 0; row < kRows; ++row) {
      of[row] = shape == 0   ? row
                : shape == 1 ? -int64_t{row}
                             : static_cast<int64_t>(random() % 999);
      order.Insert(row, order_of, none);
      expected.push_back(row);
    }
    std::ranges::shuffle(expected, random);
    for (int i = 0; i < 2000; ++i) {
      order.Erase(expected.back(), order_of, none);
      expected.pop_back();
    }
    std::ranges::sort(expected, {}, [&of](Row row) { return std::pair(of[row], row); });
    CHECK(Visited(order, of, {}) == expected);
    std::ranges::reverse(expected);
    CHECK(Visited(order, of, {.newest_first = true}) == expected);

    const double after = -700;
    const double before = 600;
    std::erase_if(expected, [&](Row row) {
      return static_cast<double>(of[row]) <= after || static_cast<double>(of[row]) >= before;
    });
    CHECK(Visited(order, of, {after, before, true}) == expected);
    std::ranges::reverse(expected);
    CHECK(Visited(order, of, {after, before, false}) == expected);
  }
}

TEST_CASE("a value's rows are found whatever was added and taken out") {
  std::mt19937 random(7);  // NOLINT: the same numbers every time
  ValueIndex index;
  std::vector<uint64_t> hash(3000);
  std::vector<Row> in;
  const auto hash_of = [&hash](Row row) { return hash[row]; };
  for (Row row = 0; row < hash.size(); ++row) {
    hash[row] = random() % 40;
    index.Insert(hash[row], row, hash_of);
    in.push_back(row);
    if (random() % 3 == 0) {
      const size_t at = random() % in.size();
      index.Erase(hash[in[at]], in[at]);
      in.erase(in.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  for (uint64_t value = 0; value < 41; ++value) {
    std::vector<Row> found;
    index.VisitBucket(value, [&](Row row) {
      if (hash[row] == value) found.push_back(row);
    });
    std::ranges::sort(found);
    std::vector<Row> expected;
    std::ranges::copy_if(in, std::back_inserter(expected),
                         [&](Row row) { return hash[row] == value; });
    CHECK(found == expected);
  }
}

TEST_CASE("a dictionary column widens beyond 65,535 values and loses nothing") {
  DictionaryColumn column;
  constexpr Row kRows = 70'000;
  for (Row row = 0; row < kRows; ++row) {
    if (column.NeedsRoom()) column.MakeRoom();
    column.Append();
    if (row % 7 != 0) column.Set(row, "sender " + std::to_string(row));
  }
  for (const Row row : {Row{0}, Row{1}, Row{65'534}, Row{65'536}, kRows - 1}) {
    if (row % 7 == 0) {
      CHECK_FALSE(column.Get(row));
    } else {
      CHECK(column.Get(row) == "sender " + std::to_string(row));
    }
  }
}

TEST_CASE("bytes are found at every position and length") {
  std::string text;
  for (int i = 0; i < 50; ++i) text += static_cast<char>('a' + i % 7);
  for (size_t size = 1; size <= text.size(); ++size) {
    for (size_t at = 0; at + size <= text.size(); ++at) {
      REQUIRE(ContainsBytes(text, Needle(std::string_view(text).substr(at, size))));
    }
  }
  CHECK_FALSE(ContainsBytes(text, Needle("abd")));
  CHECK_FALSE(ContainsBytes("ab", Needle("abc")));
}

}  // namespace
}  // namespace cuesheet::testing
