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

// A filter made ready for one table: dictionary columns are searched once per distinct value.
class TextMatcher {
 public:
  TextMatcher(const TextFilter& filter, const EventTable& table);
  bool Matches(Row row) const;

 private:
  uint64_t WordsIn(std::string_view text) const;
  std::vector<uint64_t> WordsOf(const DictionaryColumn& column) const;

  const EventTable& table_;
  std::vector<std::string> words_;
  uint64_t all_ = 0;  // one bit per word
  std::vector<uint64_t> topics_, projects_, users_;
};

}  // namespace cuesheet
