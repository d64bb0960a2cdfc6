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
  // Adds the values that are new in the dictionary.
  void Update(const std::vector<std::string>& words);
  uint64_t Of(Row row) const {
    const uint32_t code = column_.code(row);
    return code == DictionaryColumn::kNull ? 0 : bits_[code];
  }
  bool has_any() const { return has_any_; }

 private:
  const DictionaryColumn& column_;
  std::vector<uint64_t> bits_;
  bool has_any_ = false;
};

// A filter prepared for one table.
class TextMatcher {
 public:
  // The table must outlive the matcher.
  TextMatcher(const TextFilter& filter, const EventTable& table);

  // Call this when the table may have changed.
  void Update();
  // False for most rows that do not match, at the cost of one comparison.
  bool MayMatch(Row row) const {
    return in_dictionaries_ || table_.description_signature(row).Covers(signature_);
  }
  bool Matches(Row row);

 private:
  bool DescriptionHas(uint64_t words, Row row);

  const EventTable& table_;
  std::vector<std::string> words_;
  std::vector<TextSignature> signatures_;  // of the words
  TextSignature signature_;                // of all of them
  uint64_t all_ = 0;                       // one bit per word
  WordBits topics_, projects_, users_;
  bool in_dictionaries_ = false;  // a word is part of a topic, a project or a user
  std::string folded_;            // scratch
};

}  // namespace cuesheet
