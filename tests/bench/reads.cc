// Pages and single events.
#include <array>
#include <string>

#include "base/json.h"
#include "event/codec.h"
#include "filled_store.h"
#include "generator.h"
#include "measure.h"
#include "workloads.h"

namespace cuesheet::bench {
namespace {

// From the arguments as a client sends them.
EventQuery Arguments(const Json& arguments) {
  auto query = EventQuery::Parse(arguments);
  CUE_ASSERT(query.has_value());
  return *std::move(query);
}

EventQuery SummaryEquals(std::string_view key, std::string_view value) {
  const Json condition = {
      {"key", "summary/" + std::string(key)}, {"operator", "eq"}, {"value", value}};
  return Arguments({{"last", 100}, {"where", {{"conditions", Json::array({condition})}}}});
}

EventQuery NewestPage(const EventTable&) { return Arguments({{"last", 100}}); }

EventQuery FiftiethPage(const EventTable& table) {
  EventQuery query = Arguments({{"last", 100}});
  for (int page = 1; page < 50; ++page) {
    const EventPage rows = RunQuery(table, query);
    if (!rows.has_previous) break;
    query.before = static_cast<double>(table.creation_order(rows.rows.back()));
  }
  return query;
}

EventQuery TopicsOfProject(const EventTable&) {
  return Arguments({{"last", 100}, {"topics", {"entity.task.*"}}, {"projects", {ProjectName(3)}}});
}

// What needs a look of one team.
EventQuery StatusesOfUsers(const EventTable&) {
  Json users = Json::array();
  for (size_t i = 0; i < 6; ++i) users.push_back(UserName(i));
  return Arguments({{"last", 100},
                    {"statuses", {"pending", "in_progress", "failed", "aborted"}},
                    {"users", users}});
}

EventQuery ParentsOfLately(const EventTable& table) {
  const Row middle = RowFromEnd(table, table.size() / 2);
  return Arguments(
      {{"last", 100}, {"hasChildren", true}, {"newerThan", table.created_at(middle).Iso()}});
}

EventQuery CommonWords(const EventTable&) {
  return Arguments({{"last", 100}, {"filter", "lighting review"}});
}

// A slip of the finger: all of its trigrams are in other words, so no index of those rules it out.
EventQuery AbsentWord(const EventTable&) {
  return Arguments({{"last", 100}, {"filter", "turntabel"}});
}

EventQuery UnindexedPath(const EventTable&) { return SummaryEquals(kTicketKey, kTicket); }

EventQuery EntityId(const EventTable&) { return SummaryEquals("entityId", kTicketEntity); }

void RegisterPage(const char* name, size_t events, size_t expected,
                  EventQuery (*make_query)(const EventTable&)) {
  Register(name, [=](benchmark::State& state) {
    const EventStore& store = Shared(FillWithEvents, events).store;
    const EventQuery query = make_query(store.view().table());
    const size_t found = RunQuery(store.view().table(), query).rows.size();
    if (events >= kFewestForPages && found != expected) {
      state.SkipWithError((std::to_string(found) + " rows instead of those asked for").c_str());
      return;
    }
    Measure(state, [&] {
      std::string out;
      store.answers().AppendPage(out, query, EventForm::kRow);
      benchmark::DoNotOptimize(out.data());
    });
  });
}

void RegisterById(size_t events) {
  Register("by_id", [events](benchmark::State& state) {
    const EventTable& table = Shared(FillWithEvents, events).store.view().table();
    Random random(1);
    std::array<Uuid, 4096> ids;  // from everywhere, so that caches do not help
    for (Uuid& id : ids) id = table.id(random.Below(static_cast<uint32_t>(events)));
    size_t next = 0;
    Measure(state, [&] {
      std::string out;
      AppendEvent(out, *table.View(table.FindById(ids[next++ % ids.size()])), EventForm::kRest);
      benchmark::DoNotOptimize(out.data());
    });
  });
}

}  // namespace

void RegisterReads(size_t events) {
  RegisterPage("newest_page", events, 100, NewestPage);
  RegisterPage("page_50", events, 100, FiftiethPage);
  RegisterPage("topic_project", events, 100, TopicsOfProject);
  RegisterPage("status_users", events, 100, StatusesOfUsers);
  RegisterPage("parents", events, 100, ParentsOfLately);
  RegisterById(events);
  RegisterPage("text_common", events, 100, CommonWords);
  RegisterPage("text_absent", events, 0, AbsentWord);
  RegisterPage("path_unindexed", events, 1, UnindexedPath);
  RegisterPage("path_entity_id", events, 1, EntityId);
}

}  // namespace cuesheet::bench
