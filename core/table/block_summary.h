// What the events of one block of the creation order may have, so that a query passes over the
// blocks that cannot have an answer (docs/design.md, Memory and speed).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/timestamp.h"
#include "event/event.h"

namespace cuesheet {

// A set of dictionary codes, where codes with the same remainder are one.
class CodeBits {
 public:
  static CodeBits All() {
    CodeBits all;
    all.words_.fill(UINT64_MAX);
    return all;
  }

  // The null of a dictionary is UINT32_MAX.
  void Add(uint32_t code) { Word(code) |= Bit(code); }
  // Keeps what both have.
  void Keep(const CodeBits& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  bool Meets(const CodeBits& other) const {
    uint64_t common = 0;
    for (size_t i = 0; i < words_.size(); ++i) common |= words_[i] & other.words_[i];
    return common != 0;
  }

 private:
  static constexpr uint32_t kBits = 256;

  uint64_t& Word(uint32_t code) { return words_[code % kBits / 64]; }
  static uint64_t Bit(uint32_t code) { return uint64_t{1} << (code % 64); }

  std::array<uint64_t, kBits / 64> words_{};
};

// The columns of a BlockSummary that have a dictionary.
enum class BlockColumn : uint8_t { kTopic, kProject, kUser };
inline constexpr size_t kBlockColumns = 3;

struct BlockSummary {
  // These grow only: they have the values of removed and changed events too, until the block is
  // split or ends.
  std::array<CodeBits, kBlockColumns> codes;
  Timestamp oldest{std::numeric_limits<int64_t>::max()};  // by creation time
  Timestamp newest{std::numeric_limits<int64_t>::min()};
  // These are exact.
  std::array<uint16_t, kEventStatusNames.size()> statuses{};
  uint16_t parents = 0;  // events with children
};

}  // namespace cuesheet
