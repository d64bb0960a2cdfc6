// Bytes an event takes in a replica, its text aside.
#include "filled_store.h"
#include "heap.h"
#include "measure.h"
#include "workloads.h"

namespace cuesheet::bench {
namespace {

size_t TextBytes(const EventTable& table) {
  size_t bytes = 0;
  table.VisitRange({}, [&](Row row) {
    bytes += table.description(row).size();
    if (table.summary(row) != "{}") bytes += table.summary(row).size();  // else it takes none
    return true;
  });
  return bytes;
}

}  // namespace

void RegisterMemory(size_t events) {
  const auto measure = [events](benchmark::State& state) {
    const size_t before = LiveHeapBytes();
    for (auto _ : state) {
      OpenStore filled;
      state.SetIterationTime(SecondsOf([&] { FillWithoutPayloads(filled, events); }));
      const size_t bytes = LiveHeapBytes() - before - TextBytes(filled.store.view().table());
      state.counters["bytes_per_event"] = static_cast<double>(bytes) / static_cast<double>(events);
    }
  };
  benchmark::RegisterBenchmark("memory", measure)->UseManualTime()->Iterations(1);
}

}  // namespace cuesheet::bench
