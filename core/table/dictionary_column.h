// A text column with few distinct values: a dictionary and a code per row, two bytes wide until
// there are more than 65,535 values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/interner.h"
#include "table/column.h"
#include "table/row_index.h"

namespace cuesheet {

class DictionaryColumn {
 public:
  static constexpr uint32_t kNull = Interner::kNone;

  // For a new row; see Column.
  bool NeedsRoom() const { return is_wide_ ? wide_.NeedsRoom() : narrow_.NeedsRoom(); }
  void MakeRoom() { is_wide_ ? wide_.MakeRoom() : narrow_.MakeRoom(); }
  // A null for a new row.
  void Append() { is_wide_ ? wide_.Append(kNull) : narrow_.Append(kNarrowNull); }
  void Set(Row row, std::optional<std::string_view> text) {
    SetCode(row, text ? words_.Intern(*text) : kNull);
  }
  std::optional<std::string_view> Get(Row row) const {
    const uint32_t code = this->code(row);
    if (code == kNull) return std::nullopt;
    return words_.text(code);
  }
  uint32_t code(Row row) const {
    if (is_wide_) return wide_[row];
    return narrow_[row] == kNarrowNull ? kNull : narrow_[row];
  }
  const Interner& words() const { return words_; }

 private:
  static constexpr uint16_t kNarrowNull = UINT16_MAX;

  void SetCode(Row row, uint32_t code) {
    if (!is_wide_ && code != kNull && code >= kNarrowNull) Widen();
    if (is_wide_) {
      wide_[row] = code;
    } else {
      narrow_[row] = code == kNull ? kNarrowNull : static_cast<uint16_t>(code);
    }
  }
  void Widen() {
    for (Row row = 0; row < narrow_.size(); ++row) wide_.push_back(code(row));
    narrow_ = {};
    is_wide_ = true;
  }

  Interner words_;
  Column<uint16_t> narrow_;
  Column<uint32_t> wide_;
  bool is_wide_ = false;
};

}  // namespace cuesheet
