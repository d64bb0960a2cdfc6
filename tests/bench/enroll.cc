// A worker polls a queue in which everything is done.
#include "filled_store.h"
#include "measure.h"
#include "workloads.h"

namespace cuesheet::bench {

void RegisterEnroll(size_t events) {
  Register("enroll", [events](benchmark::State& state) {
    EventStore& store = Shared(FillWithSettledSources, events).store;
    const Timestamp now = store.view().table().updated_at(RowFromEnd(store.view().table(), 0));
    EnrollRequest request;
    request.source_topics = {kSourceTopic};
    request.target_topic = kTargetTopic;
    request.ignore_older_than_days = 0;
    const Actor worker{"service", "worker-0", "worker"};
    bool idle = true;
    Measure(state, [&] {
      const auto job = store.ledger().Enroll(request, worker, now, Entropy{});
      idle = idle && job.has_value() && !job->has_value();
    });
    if (!idle) state.SkipWithError("a job from a queue that is done");
  });
}

}  // namespace cuesheet::bench
