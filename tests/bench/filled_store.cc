#include "filled_store.h"

#include <utility>

#include "generator.h"

namespace cuesheet::bench {
namespace {

constexpr size_t kEventsPerCommit = 200;

struct {
  Fill fill = nullptr;
  size_t events = 0;
  std::unique_ptr<OpenStore> filled;
} shared;

}  // namespace

OpenStore::OpenStore(std::unique_ptr<Env> env) : files(std::move(env)), store(files.get()) {
  CUE_ASSERT(store.files().Open().has_value());
}

void OpenStore::Insert(const Event& event) {
  CUE_ASSERT(store.ledger().Merge(event, FieldSet::All(), std::nullopt).has_value());
  if (store.view().sequence() % kEventsPerCommit == 0) Settle();
}

void OpenStore::Settle() {
  const auto commit = store.files().BeginCommit();
  CUE_ASSERT(commit.has_value());
  if (commit->is_needed) CUE_ASSERT(store.files().Committed(true).has_value());
  store.ledger().TakeChanges();
}

void FillWithEvents(OpenStore& into, size_t events) {
  Generator generator(events);
  for (size_t i = 0; i < events; ++i) into.Insert(generator.Next());
  into.Settle();
}

void FillWithoutPayloads(OpenStore& into, size_t events) {
  Generator generator(events);
  for (size_t i = 0; i < events; ++i) {
    Event event = generator.Next();
    event.payload.reset();
    into.Insert(event);
  }
  into.Settle();
}

void FillWithSettledSources(OpenStore& into, size_t events) {
  Generator generator(events);
  for (size_t i = 0; i < events; ++i) {
    Event source = generator.Next();
    source.topic = kSourceTopic;
    source.status = EventStatus::kFinished;
    source.depends_on.reset();
    source.payload.reset();
    source.creation_order = static_cast<int64_t>(2 * i + 1);
    into.Insert(source);

    Event job;
    job.id = source.id;
    job.id.bytes[8] ^= 1;  // of the clock sequence: no other event's id
    job.hash = JobHash(kTargetTopic, source.id);
    job.topic = kTargetTopic;
    job.sender = "worker-" + std::to_string(i % 8);
    job.sender_type = "worker";
    job.user = "service";
    job.depends_on = source.id;
    job.description = "Transcoded";
    job.created_at = job.updated_at = source.updated_at;
    job.creation_order = source.creation_order + 1;
    into.Insert(job);
  }
  into.Settle();
}

OpenStore& Shared(Fill fill, size_t events) {
  if (shared.fill != fill || shared.events != events) {
    DropShared();
    shared.filled = std::make_unique<OpenStore>();
    fill(*shared.filled, events);
    shared.fill = fill;
    shared.events = events;
  }
  return *shared.filled;
}

void DropShared() {
  shared.filled.reset();
  shared.fill = nullptr;
}

Row RowFromEnd(const EventTable& table, size_t newer) {
  Row found = kNoRow;
  table.VisitRange({.newest_first = true}, [&](Row row) {
    found = row;
    return newer-- > 0;
  });
  return found;
}

}  // namespace cuesheet::bench
