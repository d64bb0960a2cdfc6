// Byte 1: page size and direction; 8 bytes: a creation order; the rest: a cursor. A walk from any
// cursor shows every event after it once, in order.
#include <algorithm>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/json.h"
#include "query/event_query.h"

namespace cuesheet {
namespace {

const EventTable& Table() {
  static EventTable table;
  if (table.size() > 0) return table;
  constexpr int64_t kProvisional = int64_t{1} << 52;
  uint8_t number = 0;
  for (const int64_t order : {int64_t{1}, int64_t{2}, int64_t{4}, int64_t{7}, int64_t{1000},
                              kProvisional, kProvisional + 1}) {
    Event event;
    event.id.bytes[0] = ++number;
    event.topic = "demo.a";
    event.creation_order = order;
    const Row row = table.Insert(View(event));
    if (order == 4) table.Remove(row);
  }
  return table;
}

std::optional<double> EndOf(const EventQuery& query, const EventPage& page) {
  std::string info;
  AppendPageInfo(info, query, EndsOf(Table(), page));
  const Json end = Json::parse(info)["endCursor"];
  return end.is_null() ? std::nullopt : *ParseCursor(end.get<std::string>());
}

void CheckWalk(std::optional<double> cursor, int64_t page_size, bool newest_first) {
  std::vector<Row> expected;
  Table().VisitRange({}, [&](Row row) {
    const auto order = static_cast<double>(Table().creation_order(row));
    if (!cursor || (newest_first ? order < *cursor : order > *cursor)) expected.push_back(row);
    return true;
  });
  if (newest_first) std::ranges::reverse(expected);

  EventQuery query;
  (newest_first ? query.last : query.first) = page_size;
  (newest_first ? query.before : query.after) = cursor;
  std::vector<Row> seen;
  for (bool more = true; more;) {
    const EventPage page = RunQuery(Table(), query);
    seen.insert(seen.end(), page.rows.begin(), page.rows.end());
    CUE_ASSERT(seen.size() <= expected.size());
    more = page.has_next || page.has_previous;
    if (more) (newest_first ? query.before : query.after) = EndOf(query, page);
  }
  CUE_ASSERT(seen == expected);
}

void CheckCursor(std::string_view text, int64_t page_size, bool newest_first) {
  CUE_ASSERT(Base64Decode(Base64Encode(text)) == text);
  const auto cursor = ParseCursor(text);
  if (cursor) {
    CheckWalk(*cursor, page_size, newest_first);
  } else {
    CUE_ASSERT(cursor.error().code == ErrorCode::kInvalid && !cursor.error().message.empty());
  }
}

void CheckLargeInputs() {
  for (const char c : {'[', '9', ' '}) {
    const std::string text(1 << 20, c);
    CheckCursor(text, 1, false);
    CheckCursor(Base64Encode(text), 1, false);
    CheckCursor(Base64Encode('[' + text + ']'), 1, false);
  }
}

}  // namespace
}  // namespace cuesheet

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cuesheet::CheckLargeInputs();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cuesheet::ByteReader in({reinterpret_cast<const char*>(data), size});
  const auto mode = in.Fixed<uint8_t>();
  const auto order = in.Fixed<int64_t>();
  const std::string_view rest = in.Take(in.remaining());
  const int64_t page_size = 1 + mode / 2 % 8;
  const bool newest_first = mode % 2 != 0;
  CUE_ASSERT(*cuesheet::ParseCursor(cuesheet::CursorOf(order)) == static_cast<double>(order));
  cuesheet::CheckCursor(rest, page_size, newest_first);
  // The fuzzer finds no base64 by itself.
  cuesheet::CheckCursor(cuesheet::Base64Encode(rest), page_size, newest_first);
  return 0;
}
