// How many events there are of each topic and status.
#include <string>

#include "filled_store.h"
#include "measure.h"
#include "query/facets.h"
#include "workloads.h"

namespace cuesheet::bench {

void RegisterCounts(size_t events) {
  Register("counts", [events](benchmark::State& state) {
    const EventStore& store = Shared(FillWithEvents, events).store;
    CountRequest request;
    request.by = {Facet::kTopic, Facet::kStatus};
    Measure(state, [&] {
      std::string out;
      store.answers().AppendCounts(out, request);
      benchmark::DoNotOptimize(out.data());
    });
  });
}

}  // namespace cuesheet::bench
