#include "triples.h"

#include <memory>

#include "engine.h"
#include "generate.h"
#include "query.h"

namespace cuesheet::oracle {
namespace {

// Filling a store costs more than asking it: many queries are put to one world.
constexpr size_t kQueriesPerWorld = 50;
constexpr size_t kTriplesPerTest = 1000;

struct Triple {
  World world;
  Json query;  // with the filter as `where`

  bool Disagrees() const { return Ask(world, query) != Engine(world).Ask(query); }
};

World WorldOf(const Options& options, size_t number) {
  Random random(options.seed, 2 * (number / kQueriesPerWorld));
  return MakeWorld(random);
}

Json QueryOf(const Options& options, size_t number, const World& world) {
  Random random(options.seed, 2 * number + 1);
  return MakeQuery(random, world);
}

bool ShrinkFilter(Triple& triple, Json& filter);

// Tries `change` on a part of the query; true when the rest still fails.
bool Try(Triple& triple, Json& part, const Json& changed) {
  const Json before = std::exchange(part, changed);
  if (triple.Disagrees()) return true;
  part = before;
  return false;
}

// Leaves out conditions, and puts a group's only member in its place.
bool ShrinkFilter(Triple& triple, Json& filter) {
  if (!filter.is_object() || !filter.contains("conditions")) return false;
  Json& conditions = filter["conditions"];
  if (!conditions.is_array()) return false;
  for (size_t at = conditions.size(); at > 0; --at) {
    Json rest = conditions;
    rest.erase(at - 1);
    if (Try(triple, conditions, rest)) return true;
  }
  for (Json& item : conditions) {
    const bool is_group = item.is_object() && item.contains("conditions");
    if (is_group && Try(triple, filter, Json(item))) return true;
    if (ShrinkFilter(triple, item)) return true;
    const bool has_list = item.is_object() && item.contains("value") && item["value"].is_array();
    for (size_t at = has_list ? item["value"].size() : 0; at > 0; --at) {
      Json rest = item["value"];
      rest.erase(at - 1);
      if (Try(triple, item["value"], rest)) return true;
    }
  }
  return false;
}

void Shrink(Triple& triple) {
  DropItems<PlainEvent>(triple.world, [&] { return triple.Disagrees(); });
  const Json arguments = triple.query;
  for (const auto& [name, value] : arguments.items()) {
    Json rest = triple.query;
    rest.erase(name);
    Try(triple, triple.query, rest);
  }
  while (triple.query.contains("where") && ShrinkFilter(triple, triple.query["where"])) {
  }
  const PlainEvent plain;
  for (PlainEvent& event : triple.world) {
    const auto reset = [&](auto member) {
      const auto before = event.*member;
      event.*member = plain.*member;
      if (!triple.Disagrees()) event.*member = before;
    };
    reset(&PlainEvent::summary);
    reset(&PlainEvent::payload);
    reset(&PlainEvent::description);
  }
}

void Report(const Options& options, size_t number, Triple triple) {
  Shrink(triple);
  std::printf("FAILED triple %zu of seed %llu\n", number,
              static_cast<unsigned long long>(options.seed));
  for (const PlainEvent& event : triple.world) {
    std::string text;
    AppendEvent(text, View(EngineEvent(event)), EventForm::kQuery);
    std::printf("  event  %s order=%lld\n", text.c_str(), static_cast<long long>(event.order));
  }
  std::printf("  query  %s\n", triple.query.dump().c_str());
  const auto parsed = EventQuery::Parse(triple.query);
  std::printf("  oracle %s\n  engine %s%s\n", Describe(Ask(triple.world, triple.query)).c_str(),
              Describe(Engine(triple.world).Ask(triple.query)).c_str(),
              parsed ? "" : (": " + parsed.error().message).c_str());
  std::printf("  replay npm run oracle -- --seed=%llu --triples=1 --case=%zu\n",
              static_cast<unsigned long long>(options.seed), number);
}

}  // namespace

void RunTriples(const Options& options, Score& score) {
  const size_t from = options.only.value_or(0);
  const size_t end = options.only ? from + 1 : options.triples;
  std::unique_ptr<Engine> engine;
  World world;
  size_t failed = 0;
  size_t refused = 0;
  size_t empty = 0;
  for (size_t number = from; number < end; ++number) {
    running = {"--triples", number};
    if (!engine || number % kQueriesPerWorld == 0) {
      world = WorldOf(options, number);
      engine = std::make_unique<Engine>(world);
    }
    const Json query = QueryOf(options, number, world);
    const Page page = Ask(world, query);
    refused += page.refused ? 1 : 0;
    empty += page.ids.empty() && !page.refused ? 1 : 0;
    if (page != engine->Ask(query)) {
      if (++failed <= kMaxReports) Report(options, number, {world, query});
    }
  }
  // A thousand that agree count as one test; each that does not is a failed one.
  score.passed += (end - from - failed + kTriplesPerTest - 1) / kTriplesPerTest;
  score.failed += failed;
  std::printf("%zu triples: %zu refused, %zu empty pages, %zu disagree\n", end - from, refused,
              empty, failed);
}

}  // namespace cuesheet::oracle
