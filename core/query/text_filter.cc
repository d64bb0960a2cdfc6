#include "query/text_filter.h"

#include <algorithm>
#include <bit>

#include "base/find_bytes.h"
#include "base/fold.h"
#include "base/utf8.h"

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

// Dictionaries only grow, so values that were folded before need no second look.
void WordBits::Update(const std::vector<std::string>& words) {
  for (auto next = static_cast<uint32_t>(bits_.size()); next < column_.words().size(); ++next) {
    const std::string folded = Fold(column_.words().text(next));
    uint64_t found = 0;
    for (size_t i = 0; i < words.size(); ++i) {
      if (folded.find(words[i]) != std::string::npos) found |= uint64_t{1} << i;
    }
    bits_.push_back(found);
    has_any_ |= found != 0;
  }
}

TextMatcher::TextMatcher(const TextFilter& filter, const EventTable& table)
    : table_(table),
      words_(filter.words()),
      topics_(table.topics()),
      projects_(table.projects()),
      users_(table.users()) {
  if (!words_.empty()) all_ = UINT64_MAX >> (64 - words_.size());
  for (const std::string& word : words_) {
    signatures_.push_back(TextSignature::Of(word));
    signature_ = signature_ | signatures_.back();
  }
}

void TextMatcher::Update() {
  if (all_ == 0) return;
  for (WordBits* bits : {&topics_, &projects_, &users_}) {
    bits->Update(words_);
    in_dictionaries_ |= bits->has_any();
  }
}

bool TextMatcher::Matches(Row row) {
  if (all_ == 0) return true;
  uint64_t missing = all_;
  if (in_dictionaries_) missing &= ~(topics_.Of(row) | projects_.Of(row) | users_.Of(row));
  return missing == 0 || DescriptionHas(missing, row);
}

// The signature excludes most descriptions; the others are searched.
bool TextMatcher::DescriptionHas(uint64_t words, Row row) {
  const TextSignature& signature = table_.description_signature(row);
  for (uint64_t left = words; left != 0; left &= left - 1) {
    if (!signature.Covers(signatures_[static_cast<size_t>(std::countr_zero(left))])) return false;
  }
  // Folding is the expensive part; most descriptions are plain and are searched as they are.
  const bool is_plain = table_.HasPlainDescription(row);
  if (!is_plain) FoldInto(folded_, table_.description(row));
  for (uint64_t left = words; left != 0; left &= left - 1) {
    const std::string& word = words_[static_cast<size_t>(std::countr_zero(left))];
    const bool found = is_plain ? ContainsAnyCase(table_.description(row), Needle(word))
                                : ContainsBytes(folded_, Needle(word));
    if (!found) return false;
  }
  return true;
}

}  // namespace cuesheet
