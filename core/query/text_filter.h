// Search as you type: every word must be part of one folded column of topic, project, user,
// description (protocol.md 6.4, 17.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr size_t kMaxFilterWords = 64;

class TextFilter {
 public:
  // Distinct words of three characters and more; no word = no condition. kTooLarge over the limit.
  static Result<TextFilter> Parse(std::string_view text);

  bool empty() const { return words_.empty(); }
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::string> words_;
};

// Which words of a filter are part of each distinct value of a dictionary column: one bit per word.
class WordBits {
 public:
  explicit WordBits(const DictionaryColumn& column) : column_(column) {}
  uint64_t Of(Row row, const std::vector<std::string>& words);

 private:
  const DictionaryColumn& column_;
  std::vector<uint64_t> bits_;
};

// A filter made ready for one table.
class TextMatcher {
 public:
  // The table must outlive the matcher.
  TextMatcher(const TextFilter& filter, const EventTable& table);
  bool Matches(Row row);

 private:
  bool DescriptionHas(uint64_t words, Row row);

  const EventTable& table_;
  std::vector<std::string> words_;
  std::vector<uint64_t> signatures_;  // of the words
  uint64_t all_ = 0;                  // one bit per word
  WordBits topics_, projects_, users_;
  std::string folded_;  // scratch
};

}  // namespace cuesheet
