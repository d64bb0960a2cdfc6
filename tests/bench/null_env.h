// Files that forget what is written: stores of a million events without a disk.
#pragma once

#include "journal/env.h"

namespace cuesheet::bench {

class NullEnv : public Env {
 public:
  Result<std::vector<std::string>> List() override { return std::vector<std::string>(); }
  Result<uint64_t> Size(const std::string& name) override { return Missing(name); }
  Result<std::string> ReadAt(const std::string& name, uint64_t, uint64_t) override {
    return Missing(name);
  }
  Result<void> Append(const std::string&, std::string_view) override { return {}; }
  Result<void> Truncate(const std::string&, uint64_t) override { return {}; }
  Result<void> Write(const std::string&, std::string_view) override { return {}; }
  Result<void> Rename(const std::string&, const std::string&) override { return {}; }
  Result<void> Remove(const std::string&) override { return {}; }

 private:
  static std::unexpected<Error> Missing(const std::string& name) {
    return Fail(ErrorCode::kStorage, name + ": no such file");
  }
};

}  // namespace cuesheet::bench
