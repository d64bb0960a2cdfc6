// A predicate on a dictionary column, asked once for each distinct value.
#pragma once

#include <cstdint>
#include <vector>

#include "table/dictionary_column.h"

namespace cuesheet {

class CodeSet {
 public:
  // `test(code)`: whether rows with this code are in. Values that the dictionary gets later are
  // asked when they are met.
  template <typename Test>
  bool Has(uint32_t code, Test test) const {
    const size_t at = static_cast<size_t>(code) + 1;  // kNull comes first
    const size_t slot = code == DictionaryColumn::kNull ? 0 : at;
    if (slot >= answers_.size()) answers_.resize(slot + 1);
    if (answers_[slot] == kUnknown) answers_[slot] = test(code) ? kYes : kNo;
    return answers_[slot] == kYes;
  }

 private:
  enum Answer : uint8_t { kUnknown, kNo, kYes };

  mutable std::vector<uint8_t> answers_;
};

}  // namespace cuesheet
