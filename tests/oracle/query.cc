#include "query.h"

#include <algorithm>
#include <set>

#include "filter.h"
#include "text.h"

namespace cuesheet::oracle {
namespace {

using Ids = std::set<std::string>;

// An argument that is given; null counts as not given.
const Json* Given(const Json& arguments, const char* name) {
  const auto it = arguments.find(name);
  return it == arguments.end() || it->is_null() ? nullptr : &*it;
}

bool AnyOf(const Json& list, const auto& is) {
  return std::ranges::any_of(
      list, [&](const Json& item) { return is(item.get_ref<const std::string&>()); });
}

struct Cursor {
  bool refused = false;
  std::optional<double> order{};
};

Cursor CursorOf(const Json* text) {
  if (text == nullptr || *text == "") return {};
  const auto bytes = FromBase64(text->get<std::string>());
  if (!bytes) return {.refused = true};
  const Json list = Json::parse(*bytes, nullptr, false);
  if (!list.is_array()) return {.refused = true};
  if (list.empty()) return {};
  if (!list[0].is_number()) return {.refused = true};
  return {.order = list[0].get<double>()};
}

bool IsNegative(const Json* number) { return number != nullptr && number->get<int64_t>() < 0; }

bool AreArgumentsRefused(const Json& arguments) {
  const auto breaks = [&](const char* name, bool (*fits)(std::string_view)) {
    const Json* list = Given(arguments, name);
    return list != nullptr && AnyOf(*list, [&](const std::string& item) { return !fits(item); });
  };
  const auto is_id = [](std::string_view text) { return IdOf(text).has_value(); };
  if (breaks("ids", is_id) || breaks("topics", IsTopicPattern) ||
      breaks("projects", IsProjectPattern) || breaks("users", IsUserPattern) ||
      breaks("statuses", IsProjectPattern) || breaks("states", IsProjectPattern)) {
    return true;
  }
  for (const char* name : {"olderThan", "newerThan"}) {
    const Json* time = Given(arguments, name);
    if (time != nullptr && *time != "" && !TimeOf(time->get<std::string>())) return true;
  }
  if (CursorOf(Given(arguments, "after")).refused || CursorOf(Given(arguments, "before")).refused) {
    return true;
  }
  if (IsNegative(Given(arguments, "first")) || IsNegative(Given(arguments, "last"))) return true;
  const Json* where = Given(arguments, "where");
  return where != nullptr && IsRefused(*where);
}

bool HasText(const PlainEvent& event, const std::vector<std::string>& words) {
  const std::vector<std::string> columns = {
      FoldByHand(event.topic), FoldByHand(event.project.value_or("")),
      FoldByHand(event.user.value_or("")), FoldByHand(event.description)};
  return std::ranges::all_of(words, [&](const std::string& word) {
    return std::ranges::any_of(
        columns, [&](const std::string& column) { return column.find(word) != std::string::npos; });
  });
}

bool IsSelected(const PlainEvent& event, const Json& arguments, const Ids& parents) {
  const auto is_in = [&](const char* name, const std::optional<std::string>& value) {
    const Json* list = Given(arguments, name);
    return list == nullptr ||
           (value && AnyOf(*list, [&](const std::string& item) { return item == *value; }));
  };
  if (const Json* ids = Given(arguments, "ids")) {
    if (!AnyOf(*ids, [&](const std::string& id) { return IdOf(id) == event.id; })) return false;
  }
  if (const Json* topics = Given(arguments, "topics")) {
    if (!AnyOf(*topics, [&](const std::string& p) { return MatchesTopic(event.topic, p); })) {
      return false;
    }
  } else if (const Json* logs = Given(arguments, "includeLogs");
             event.topic.starts_with("log.") && (logs == nullptr || *logs == false)) {
    return false;
  }
  const Json* statuses = Given(arguments, "statuses");
  const Json* states = Given(arguments, "states");
  if (statuses != nullptr && !statuses->empty()) {
    if (!is_in("statuses", event.status)) return false;
  } else if (states != nullptr && !is_in("states", event.status)) {
    return false;
  }
  const Json* has_children = Given(arguments, "hasChildren");
  if (has_children != nullptr && *has_children != parents.contains(event.id)) return false;
  const Json* older = Given(arguments, "olderThan");
  if (older != nullptr && *older != "" && event.created_us >= *TimeOf(older->get<std::string>())) {
    return false;
  }
  const Json* newer = Given(arguments, "newerThan");
  if (newer != nullptr && *newer != "" && event.created_us <= *TimeOf(newer->get<std::string>())) {
    return false;
  }
  return is_in("projects", event.project) && is_in("users", event.user);
}

}  // namespace

Page Ask(const World& world, const Json& arguments) {
  if (AreArgumentsRefused(arguments)) return {.refused = true};
  Ids parents;
  for (const PlainEvent& event : world) {
    if (event.depends_on) parents.insert(*event.depends_on);
  }
  const Json* where = Given(arguments, "where");
  const Json* text = Given(arguments, "filter");
  const auto words = FilterWords(text == nullptr ? "" : text->get<std::string>());
  const auto before = CursorOf(Given(arguments, "before")).order;
  const auto after = CursorOf(Given(arguments, "after")).order;
  std::vector<const PlainEvent*> found;
  for (const PlainEvent& event : world) {
    const auto order = static_cast<double>(event.order);
    if (before ? order >= *before : after && order <= *after) continue;
    if (!IsSelected(event, arguments, parents) || (where && !Matches(*where, event))) continue;
    if (words.empty() || HasText(event, words)) found.push_back(&event);
  }
  const Json* first = Given(arguments, "first");
  const Json* last = Given(arguments, "last");
  const bool newest_first = last != nullptr && *last != 0;
  std::ranges::sort(found, {}, &PlainEvent::order);
  if (newest_first) std::ranges::reverse(found);

  const int64_t asked = first != nullptr  ? first->get<int64_t>()
                        : last != nullptr ? last->get<int64_t>()
                                          : 100;
  const auto size = static_cast<size_t>(asked == 0 ? 1000 : asked);
  if (found.size() > size) found.resize(size);
  Page page;
  for (const PlainEvent* event : found) page.ids.push_back(event->id);
  const bool full = asked != 0 && found.size() >= size;
  page.has_next = full && (first != nullptr || last == nullptr);
  page.has_previous = full && first == nullptr && last != nullptr;
  if (found.empty()) return page;
  page.end_cursor = CursorText(found.back()->order);
  // With `last` alone the start is the oldest edge (17.4), so that paging by it continues.
  page.start_cursor =
      newest_first && first == nullptr ? page.end_cursor : CursorText(found.front()->order);
  return page;
}

std::string CursorText(int64_t order) { return Base64('[' + std::to_string(order) + ']'); }

std::string Describe(const Page& page) {
  if (page.refused) return "refused";
  std::string text;
  for (const std::string& id : page.ids) text += (text.empty() ? "" : " ") + id;
  return '[' + text + "] next=" + (page.has_next ? "yes" : "no") +
         " previous=" + (page.has_previous ? "yes" : "no") +
         " start=" + page.start_cursor.value_or("null") +
         " end=" + page.end_cursor.value_or("null");
}

}  // namespace cuesheet::oracle
