// The core's only way to files. Names are flat. All calls are synchronous; making the result
// durable is the host's part (docs/border.md, commit). Errors are kStorage with the host's own
// words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cuesheet {

class Env {
 public:
  virtual ~Env() = default;
  virtual Result<std::vector<std::string>> List() = 0;
  virtual Result<std::string> Read(const std::string& name) = 0;
  // Makes the file when it is missing.
  virtual Result<void> Append(const std::string& name, std::string_view bytes) = 0;
  virtual Result<void> Truncate(const std::string& name, uint64_t size) = 0;
  virtual Result<void> Write(const std::string& name, std::string_view bytes) = 0;
  virtual Result<void> Rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> Remove(const std::string& name) = 0;
};

}  // namespace cuesheet
