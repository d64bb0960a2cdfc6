// What an EventStore shows: pages, counts, progress, live queries.
#include "base/json.h"
#include "event/codec.h"
#include "store/event_store.h"

namespace cuesheet {
namespace {

// Combined progress looks no deeper and at no more events than this.
constexpr size_t kMaxProgressDepth = 32;
constexpr size_t kMaxProgressEvents = 100'000;

Json TimeOrNull(std::optional<Timestamp> time) { return time ? Json(time->Iso()) : Json(); }

Json ProgressJson(const Uuid& id, const Progress* progress) {
  Json out = {{"id", id.Hex()},
              {"progress", nullptr},
              {"updatedAt", nullptr},
              {"perSecond", nullptr},
              {"estimatedEnd", nullptr}};
  if (progress == nullptr) return out;
  out["progress"] = progress->value;
  out["updatedAt"] = progress->updated_at.Iso();
  if (progress->per_second > 0) out["perSecond"] = progress->per_second;
  out["estimatedEnd"] = TimeOrNull(progress->EstimatedEnd());
  return out;
}

}  // namespace

std::optional<double> EventStore::progress(const Uuid& id) const {
  const Progress* progress = progress_.Find(id);
  return progress == nullptr ? std::nullopt : std::optional(progress->value);
}

void EventStore::AppendRow(std::string& out, Row row) const {
  AppendEvent(out, table_.View(row), EventForm::kRow, progress(table_.id(row)));
}

void EventStore::AppendPage(std::string& out, const EventQuery& query, EventForm form) const {
  const EventPage page = RunQuery(table_, query);
  out += R"({"events":[)";
  for (const Row row : page.rows) {
    if (out.back() != '[') out += ',';
    AppendEvent(out, table_.View(row), form, progress(table_.id(row)));
  }
  out += R"(],"pageInfo":)";
  AppendPageInfo(out, table_, query, page);
  out += '}';
}

void EventStore::AppendCounts(std::string& out, const CountRequest& request) const {
  cuesheet::AppendCounts(out, table_, request);
}

Result<void> EventStore::AppendProgress(std::string& out, const Uuid& id) const {
  const Row row = table_.FindById(id);
  if (row == kNoRow) return Fail(ErrorCode::kNotFound, "Event not found");
  size_t total = 0;
  std::array<size_t, kEventStatusNames.size()> by_status{};
  table_.VisitChildren(row, [&](Row child) {
    ++total;
    ++by_status[static_cast<size_t>(table_.status(child))];
    return true;
  });
  const auto count = [&by_status](EventStatus status) {
    return by_status[static_cast<size_t>(status)];
  };
  const size_t finished = count(EventStatus::kFinished);
  const size_t failed = count(EventStatus::kFailed);
  const size_t aborted = count(EventStatus::kAborted);
  size_t budget = kMaxProgressEvents;
  Json answer = ProgressJson(id, progress_.Find(id));
  answer["combined"] = CombinedProgress(row, 0, budget);
  answer["children"] = {{"total", total},
                        {"open", total - finished - failed - aborted},
                        {"finished", finished},
                        {"failed", failed},
                        {"aborted", aborted}};
  out += CanonicalText(answer);
  return {};
}

// A settled child is done, well or not: nothing of it is left to wait for.
double EventStore::CombinedProgress(Row row, size_t depth, size_t& budget) const {
  double sum = 0;
  size_t children = 0;
  if (depth < kMaxProgressDepth) {
    table_.VisitChildren(row, [&](Row child) {
      if (budget == 0) return false;
      --budget;
      ++children;
      sum += CombinedProgress(child, depth + 1, budget);
      return true;
    });
  }
  if (children > 0) return sum / static_cast<double>(children);
  if (IsFinal(table_.status(row))) return 100;
  return progress(table_.id(row)).value_or(0);
}

void EventStore::AppendProgressSnapshot(std::string& out) const {
  out += '[';
  for (const auto& [id, progress] : progress_.all()) {
    if (out.back() != '[') out += ',';
    out += CanonicalText(ProgressJson(id, &progress));
  }
  out += ']';
}

Result<void> EventStore::OpenLive(uint32_t live, EventQuery query, std::string& out) {
  CUE_ASSIGN(LiveQuery * opened, live_.Open(live, std::move(query)));
  opened->AppendPage(out, [this](std::string& text, Row row) { AppendRow(text, row); });
  return {};
}

void EventStore::TakeLivePatches(std::string& out) {
  live_.TakePatches(out, [this](std::string& text, Row row) { AppendRow(text, row); });
}

void EventStore::AppendTopics(std::string& out) const {
  topics_.AppendTopics(out, [this](std::string_view topic) {
    const uint32_t code = table_.topics().words().Find(topic);
    return code == Interner::kNone ? 0 : table_.counts().Of(Facet::kTopic, code).all;
  });
}

}  // namespace cuesheet
