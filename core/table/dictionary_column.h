// A text column with few distinct values: codes per row, and per code the number of living rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "table/row_index.h"

namespace cuesheet {

class DictionaryColumn {
 public:
  static constexpr uint32_t kNull = Interner::kNone;

  void Append(std::optional<std::string_view> text) {
    codes_.push_back(kNull);
    Set(static_cast<Row>(codes_.size() - 1), text);
  }
  void Set(Row row, std::optional<std::string_view> text) {
    Release(row);
    if (!text) return;
    const uint32_t code = words_.Intern(*text);
    if (code >= counts_.size()) counts_.resize(code + 1);
    ++counts_[code];
    codes_[row] = code;
  }
  // The row's value becomes null and is no longer counted.
  void Release(Row row) {
    if (codes_[row] != kNull) --counts_[codes_[row]];
    codes_[row] = kNull;
  }
  std::optional<std::string_view> Get(Row row) const {
    if (codes_[row] == kNull) return std::nullopt;
    return words_.text(codes_[row]);
  }
  uint32_t code(Row row) const { return codes_[row]; }
  std::span<const uint32_t> codes() const { return codes_; }
  const Interner& words() const { return words_; }
  uint32_t count(uint32_t code) const { return counts_[code]; }

 private:
  Interner words_;
  std::vector<uint32_t> codes_;
  std::vector<uint32_t> counts_;
};

}  // namespace cuesheet
