// NDJSON into a new store: parsed, validated, indexed, written as a checkpoint to files in memory.
#include <algorithm>
#include <string>
#include <vector>

#include "filled_store.h"
#include "generator.h"
#include "journal/testing/memory_env.h"
#include "measure.h"
#include "workloads.h"

namespace cuesheet::bench {
namespace {

constexpr size_t kEventsPerPiece = 5000;  // about 4 MB, as a host would read from a stream

// The seconds that the store takes; making the lines is not timed.
double IngestSeconds(size_t events) {
  OpenStore into(std::make_unique<MemoryEnv>());
  Generator generator(events);
  double seconds = 0;
  for (size_t left = events; left > 0;) {
    const size_t piece = std::min(left, kEventsPerPiece);
    std::string lines;
    for (size_t i = 0; i < piece; ++i) generator.AppendLine(lines);
    seconds += SecondsOf([&] { CUE_ASSERT(into.store.ledger().Import(lines).has_value()); });
    into.Settle();
    left -= piece;
  }
  CUE_ASSERT(into.store.view().table().size() == events);
  return seconds;
}

}  // namespace

void RegisterIngest(size_t events) {
  Register("ingest", [events](benchmark::State& state) {
    DropShared();
    std::vector<double> seconds;
    for (auto _ : state) {
      seconds.push_back(IngestSeconds(events));
      state.SetIterationTime(seconds.back());
    }
    state.counters["events_per_second"] = static_cast<double>(events) / Median(seconds);
  });
}

}  // namespace cuesheet::bench
