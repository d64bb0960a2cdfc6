// What the core asks its host to do, one JSON object per line (docs/border.md). The host takes the
// lines after every call.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace cuesheet {

class EffectQueue {
 public:
  void Add(std::string_view line) {
    lines_ += line;
    lines_ += '\n';
    ++count_;
  }
  size_t count() const { return count_; }
  std::string Take() {
    count_ = 0;
    return std::exchange(lines_, {});
  }

 private:
  std::string lines_;
  size_t count_ = 0;
};

}  // namespace cuesheet
