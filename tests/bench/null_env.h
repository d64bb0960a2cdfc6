// Files that forget what is written: stores of a million events without a disk.
#pragma once

#include "journal/env.h"

namespace cuesheet::bench {

class NullEnv : public Env {
 public:
  Result<std::vector<std::string>> List() override { return std::vector<std::string>(); }
  Result<std::string> Read(const std::string& name) override {
    return Fail(ErrorCode::kStorage, name + ": no such file");
  }
  Result<void> Append(const std::string&, std::string_view) override { return {}; }
  Result<void> Truncate(const std::string&, uint64_t) override { return {}; }
  Result<void> Write(const std::string&, std::string_view) override { return {}; }
  Result<void> Rename(const std::string&, const std::string&) override { return {}; }
  Result<void> Remove(const std::string&) override { return {}; }
};

}  // namespace cuesheet::bench
