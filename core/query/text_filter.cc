#include "query/text_filter.h"

#include <algorithm>

#include "base/utf8.h"
#include "query/fold.h"

namespace cuesheet {
Result<TextFilter> TextFilter::Parse(std::string_view text) {
  const std::string folded = Fold(text);
  TextFilter filter;
  for (size_t from = 0; from < folded.size();) {
    const size_t to = std::min(folded.find(' ', from), folded.size());
    const std::string_view word = std::string_view(folded).substr(from, to - from);
    from = to + 1;
    if (CodePoints(word) < 3 || std::ranges::find(filter.words_, word) != filter.words_.end()) {
      continue;
    }
    if (filter.words_.size() == kMaxFilterWords) {
      return Fail(ErrorCode::kTooLarge, "filter: more than " + std::to_string(kMaxFilterWords) +
                                            " words; search for fewer");
    }
    filter.words_.emplace_back(word);
  }
  return filter;
}

TextMatcher::TextMatcher(const TextFilter& filter, const EventTable& table)
    : table_(table), words_(filter.words()) {
  if (words_.empty()) return;
  all_ = UINT64_MAX >> (64 - words_.size());
  topics_ = WordsOf(table.topics());
  projects_ = WordsOf(table.projects());
  users_ = WordsOf(table.users());
}

bool TextMatcher::Matches(Row row) const {
  if (all_ == 0) return true;
  const auto bits = [row](const DictionaryColumn& column, const std::vector<uint64_t>& words) {
    const uint32_t code = column.code(row);
    return code == DictionaryColumn::kNull ? 0 : words[code];
  };
  const uint64_t found = bits(table_.topics(), topics_) | bits(table_.projects(), projects_) |
                         bits(table_.users(), users_);
  return found == all_ || (found | WordsIn(table_.description(row))) == all_;
}

uint64_t TextMatcher::WordsIn(std::string_view text) const {
  const std::string folded = Fold(text);
  uint64_t found = 0;
  for (size_t i = 0; i < words_.size(); ++i) {
    if (folded.find(words_[i]) != std::string::npos) found |= uint64_t{1} << i;
  }
  return found;
}

std::vector<uint64_t> TextMatcher::WordsOf(const DictionaryColumn& column) const {
  std::vector<uint64_t> found;
  found.reserve(column.words().size());
  for (uint32_t code = 0; code < column.words().size(); ++code) {
    found.push_back(WordsIn(column.words().text(code)));
  }
  return found;
}

}  // namespace cuesheet
