// A dictionary column's strings: text <-> dense code. Codes are never reused; there are far fewer
// distinct topics, projects, users and senders than events.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cuesheet {

class Interner {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t Intern(std::string_view text) {
    const auto it = codes_.find(text);
    if (it != codes_.end()) return it->second;
    const auto code = static_cast<uint32_t>(texts_.size());
    codes_.emplace(texts_.emplace_back(text), code);
    return code;
  }
  // kNone when the text was never interned.
  uint32_t Find(std::string_view text) const {
    const auto it = codes_.find(text);
    return it == codes_.end() ? kNone : it->second;
  }
  std::string_view text(uint32_t code) const { return texts_[code]; }
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

 private:
  std::deque<std::string> texts_;  // stable addresses: the keys of codes_ point into it
  std::unordered_map<std::string_view, uint32_t> codes_;
};

}  // namespace cuesheet
