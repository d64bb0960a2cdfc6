#include "store/answers.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/json.h"

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

void Answers::AppendRow(std::string& out, Row row, EventForm form) const {
  AppendEvent(out, table_.ViewWithoutPayload(row), form, view_.progress(table_.id(row)));
}

bool IsKnown(const StoreView& view, const EventQuery& query, const EventPage& page) {
  if (view.is_loaded()) return true;
  return query.newest_first() && !query.has_children && page.rows.size() == query.PageLimit() &&
         view.table().creation_order(page.rows.back()) >= view.loaded_from();
}

void AppendWhole(std::string& out, const EventTable& table, Row row, EventForm form) {
  const auto event = table.View(row);
  if (event) return AppendEvent(out, *event, form);
  AppendUnreadable(out, table.ViewWithoutPayload(row), form, event.error().message);
}

void AppendJob(std::string& out, const StoreView& view, const Uuid& job) {
  const EventView event = view.table().ViewWithoutPayload(view.table().FindById(job));
  const Json answer = {{"id", event.id.Hex()},
                       {"dependsOn", event.depends_on ? Json(event.depends_on->Hex()) : Json()},
                       {"hash", event.HashText()},
                       {"status", EventStatusName(event.status)}};
  out += CanonicalText(answer);
}

Result<void> Answers::AppendPage(std::string& out, const EventQuery& query, EventForm form) const {
  EventPage page;
  CUE_TRY(view_.Judging([&] { page = RunQuery(table_, query); }));
  if (!IsKnown(view_, query, page)) CUE_TRY(view_.CheckLoaded());
  out += R"({"events":[)";
  const bool has_payloads = form != EventForm::kRow && form != EventForm::kCells;
  CUE_TRY(view_.Showing([&] {
    for (const Row row : page.rows) {
      if (out.back() != '[') out += ',';
      if (has_payloads) {
        AppendWhole(out, table_, row, form);
      } else {
        AppendRow(out, row, form);
      }
    }
  }));
  out += R"(],"pageInfo":)";
  AppendPageInfo(out, query, EndsOf(table_, page));
  out += '}';
  return {};
}

void Answers::AppendCounts(std::string& out, const CountRequest& request) const {
  cuesheet::AppendCounts(out, table_, request);
}

Result<void> Answers::AppendProgress(std::string& out, const Uuid& id) const {
  CUE_TRY(view_.CheckLoaded());
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
  Json answer = ProgressJson(id, view_.progress_book().Find(id));
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
double Answers::CombinedProgress(Row row, size_t depth, size_t& budget) const {
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
  return view_.progress(table_.id(row)).value_or(0);
}

void Answers::AppendRows(std::string& out, const std::vector<Row>& rows) const {
  for (const Row row : rows) {
    if (out.back() != '[') out += ',';
    AppendRow(out, row);
  }
}

Result<void> Answers::AppendTree(std::string& out, const Uuid& id) const {
  CUE_TRY(view_.CheckLoaded());
  const Row row = table_.FindById(id);
  if (row == kNoRow) return Fail(ErrorCode::kNotFound, "Event not found");
  // An upstream may say of two events that each is the other's parent.
  std::unordered_set<Row> seen = {row};
  std::vector<Row> ancestors;
  Row parent = table_.Parent(row);
  for (; parent != kNoRow && ancestors.size() < kMaxTreeDepth; parent = table_.Parent(parent)) {
    if (!seen.insert(parent).second) break;
    ancestors.push_back(parent);
  }
  std::ranges::reverse(ancestors);
  std::vector<Row> descendants;
  std::vector<Row> waiting;  // the next one last
  const auto add_children = [&](Row of) {
    const auto at = static_cast<std::ptrdiff_t>(waiting.size());
    table_.VisitChildren(of, [&](Row child) {
      if (seen.insert(child).second) waiting.push_back(child);
      return waiting.size() + descendants.size() <= kMaxTreeEvents;
    });
    std::reverse(waiting.begin() + at, waiting.end());
  };
  add_children(row);
  while (!waiting.empty() && descendants.size() < kMaxTreeEvents) {
    descendants.push_back(waiting.back());
    waiting.pop_back();
    add_children(descendants.back());
  }
  const bool is_complete = waiting.empty() && ancestors.size() < kMaxTreeDepth;
  out += R"({"event":)";
  AppendRow(out, row);
  out += R"(,"ancestors":[)";
  AppendRows(out, ancestors);
  out += R"(],"descendants":[)";
  AppendRows(out, descendants);
  out += std::string(R"(],"complete":)") + (is_complete ? "true}" : "false}");
  return {};
}

void Answers::AppendProgressSnapshot(std::string& out) const {
  out += '[';
  for (const auto& [id, progress] : view_.progress_book().all()) {
    if (out.back() != '[') out += ',';
    out += CanonicalText(ProgressJson(id, &progress));
  }
  out += ']';
}

Result<void> Answers::OpenLive(uint32_t live, EventQuery query, std::string& out, EventForm form) {
  const bool has_children = query.has_children.has_value();
  Result<LiveQuery*> opened = nullptr;
  auto readable = view_.Judging([&] { opened = live_.Open(live, std::move(query), form); });
  if (!opened) return std::unexpected(opened.error());
  const bool is_known = !has_children && (*opened)->IsCoveredFrom(view_.loaded_from());
  if (!is_known && !view_.is_loaded()) readable = view_.CheckLoaded();
  if (!readable) {
    live_.Close(live);
    return readable;
  }
  (*opened)->AppendPage(
      out, [this](std::string& text, Row row, EventForm as) { AppendRow(text, row, as); });
  return {};
}

Result<void> Answers::TakeLivePatches(std::string& out) {
  CUE_TRY(view_.Showing([this] { live_.Refresh(); }));
  live_.EndRefresh();
  live_.TakePatches(out,
                    [this](std::string& text, Row row, EventForm as) { AppendRow(text, row, as); });
  return {};
}

void Answers::AppendTopics(std::string& out) const {
  view_.topics().AppendTopics(out, [this](std::string_view topic) {
    const uint32_t code = table_.topics().words().Find(topic);
    return code == Interner::kNone ? 0 : table_.counts().Of(Facet::kTopic, code).all;
  });
}

}  // namespace cuesheet
