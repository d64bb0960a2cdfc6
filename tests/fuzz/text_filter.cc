// The first half of the input holds the events' texts, a line each, the second half the search.
// An event matches when every folded word is part of one of its folded columns.
#include "query/text_filter.h"

#include <algorithm>

#include "base/fold.h"
#include "base/json.h"
#include "base/utf8.h"

namespace cuesheet {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t from = 0; from <= text.size();) {
    const size_t to = std::min(text.find(separator, from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

void CheckFold(std::string_view text) {
  const std::string folded = Fold(text);
  CUE_ASSERT(Fold(folded) == folded);
  std::string json;
  AppendJsonString(json, folded);
  CUE_ASSERT(ParseJson(json).has_value());  // it is UTF-8, whatever the text was
}

bool Expected(const std::string& folded_search, const EventView& event) {
  const std::string columns[] = {Fold(event.topic), Fold(event.project.value_or("")),
                                 Fold(event.user.value_or("")), Fold(event.description)};
  return std::ranges::all_of(Split(folded_search, ' '), [&columns](std::string_view word) {
    return CodePoints(word) < 3 || std::ranges::any_of(
                                       columns,
                                       [word](const std::string& column) {
                                         return column.find(word) != std::string::npos;
                                       });
  });
}

// Four lines are an event; an empty project or user is none.
void Fill(EventTable& table, std::string_view texts) {
  std::vector<std::string_view> lines = Split(texts, '\n');
  lines.resize((lines.size() + 3) / 4 * 4);
  for (size_t i = 0; i < lines.size(); i += 4) {
    EventView event;
    event.creation_order = static_cast<int64_t>(i);
    event.id.bytes[0] = static_cast<uint8_t>(i);
    event.id.bytes[1] = static_cast<uint8_t>(i >> 8);
    event.topic = lines[i];
    if (!lines[i + 1].empty()) event.project = lines[i + 1];
    if (!lines[i + 2].empty()) event.user = lines[i + 2];
    event.description = lines[i + 3];
    table.Insert(event);
  }
}

void CheckSearch(std::string_view texts, std::string_view search) {
  const auto filter = TextFilter::Parse(search);
  if (!filter) {
    CUE_ASSERT(filter.error().code == ErrorCode::kTooLarge);
    return;
  }
  CUE_ASSERT(filter->words().size() <= kMaxFilterWords);
  const std::string folded = Fold(search);
  EventTable table;
  Fill(table, texts);
  TextMatcher matcher(*filter, table);
  matcher.Update();
  table.VisitRange({}, [&](Row row) {
    const bool expected = Expected(folded, table.ViewWithoutPayload(row));
    CUE_ASSERT(matcher.Matches(row) == expected);
    CUE_ASSERT(matcher.MayMatch(row) || !expected);
    return true;
  });
}

void AppendUtf8(std::string& out, uint32_t point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80 | (point >> shift & 0x3F));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += {static_cast<char>(0xC0 | point >> 6), tail(0)};
  } else if (point < 0x10000) {
    out += {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
  }
}

void CheckLargeInputs() {
  std::string everything;
  for (uint32_t point = 0; point < 0x110000; ++point) AppendUtf8(everything, point);
  CheckFold(everything);
  std::string words;
  for (int i = 0; i < 100'000; ++i) words += std::to_string(100'000 + i) + ' ';
  CUE_ASSERT(!TextFilter::Parse(words));
  const std::string long_text(1 << 20, 'a');
  CheckSearch("demo.a\n\n\n" + long_text, long_text + " b");
  CheckSearch("demo.a\n\n\n" + long_text, words.substr(0, 7 * kMaxFilterWords));
}

}  // namespace
}  // namespace cuesheet

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cuesheet::CheckLargeInputs();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  cuesheet::CheckFold(text);
  cuesheet::CheckSearch(text.substr(0, size / 2), text.substr(size / 2));
  return 0;
}
