// A job reports progress while a hundred live queries are open, five of which show it.
#include <string>
#include <vector>

#include "filled_store.h"
#include "generator.h"
#include "measure.h"
#include "workloads.h"

namespace cuesheet::bench {
namespace {

constexpr size_t kQueries = 100;
constexpr const char* kTopic = "publish.live";  // no topic of the generator
const Actor kActor{"td", "bench", "worker"};

EventQuery Newest() {
  EventQuery query;
  query.last = 100;
  return query;
}

std::vector<EventQuery> TouchedQueries(const Uuid& job) {
  std::vector<EventQuery> queries(5, Newest());
  queries[1].topics = {{"publish.*"}};
  queries[2].projects = {{ProjectName(0)}};
  queries[3].statuses = {{"in_progress"}};
  queries[4].ids = {job};
  return queries;
}

// Of other projects, and each of another user or topic.
EventQuery UntouchedQuery(size_t index) {
  EventQuery query = Newest();
  query.projects = {{ProjectName(1 + index % 11)}};
  if (index % 2 == 0) query.topics = {{"entity.task.*", "entity.version.*"}};
  if (index % 3 == 0) query.users = {{UserName(index % 40)}};
  return query;
}

Uuid DispatchJob(OpenStore& into, Timestamp now) {
  DispatchRequest request;
  request.topic = kTopic;
  request.project = ProjectName(0);
  request.description = "Publishing";
  request.finished = false;
  const auto id = into.store.ledger().Dispatch(request, kActor, now, Entropy{});
  CUE_ASSERT(id.has_value());
  return *id;
}

void OpenQueries(EventStore& store, const Uuid& job) {
  std::vector<EventQuery> queries = TouchedQueries(job);
  for (size_t i = queries.size(); i < kQueries; ++i) queries.push_back(UntouchedQuery(i));
  uint32_t live = 0;
  for (EventQuery& query : queries) {
    std::string page;
    CUE_ASSERT(store.answers().OpenLive(++live, std::move(query), page).has_value());
  }
}

}  // namespace

void RegisterLive(size_t events) {
  Register("live", [events](benchmark::State& state) {
    // Google Benchmark calls this more than once; the queries stay open.
    static Uuid job;
    static Timestamp now;
    OpenStore& into = Shared(FillWithEvents, events);
    EventStore& store = into.store;
    if (job == Uuid{}) {
      now = Timestamp{store.view().table().created_at(RowFromEnd(store.view().table(), 0)).us +
                      1'000'000};
      job = DispatchJob(into, now);
      OpenQueries(store, job);
      into.Settle();
    }
    UpdateRequest request;
    request.status = EventStatus::kInProgress;
    uint32_t frame = 0;
    bool has_patches = true;
    Measure(
        state,
        [&] {
          now.us += 1'000;
          request.description = "Rendering frame " + std::to_string(++frame);
          CUE_ASSERT(store.ledger().Update(job, request, kActor, now).has_value());
          std::string out;
          store.answers().TakeLivePatches(out);
          has_patches = has_patches && !out.empty();
        },
        [&] { into.Settle(); });
    if (!has_patches) state.SkipWithError("an update without patches");
  });
}

}  // namespace cuesheet::bench
