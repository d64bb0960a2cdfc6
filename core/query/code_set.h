// A predicate on a dictionary column, evaluated once for each distinct value.
#pragma once

#include <cstdint>
#include <vector>

#include "table/dictionary_column.h"

namespace cuesheet {

static_assert(DictionaryColumn::kNull + 1 == 0);

class CodeSet {
 public:
  // `test(code)` says whether rows with this code match. A value that the dictionary gets later is
  // tested when a row has it.
  template <typename Test>
  bool Has(uint32_t code, Test test) const {
    const uint32_t slot = code + 1;  // kNull comes first
    if (slot < answers_.size() && answers_[slot] != kUnknown) return answers_[slot] == kYes;
    if (slot >= answers_.size()) answers_.resize(size_t{slot} + 1);
    answers_[slot] = test(code) ? kYes : kNo;
    return answers_[slot] == kYes;
  }

 private:
  enum Answer : uint8_t { kUnknown, kNo, kYes };

  mutable std::vector<uint8_t> answers_;
};

}  // namespace cuesheet
