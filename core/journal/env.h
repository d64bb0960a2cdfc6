// The core's only way to files. Names are flat. All calls are synchronous; the host makes the
// result durable (docs/border.md, commit). Errors are kStorage with the host's own words, and name
// the file. tests/env is the contract of every Env.
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
  // kStorage when there is no such file.
  virtual Result<uint64_t> Size(const std::string& name) = 0;
  // Exactly `size` bytes from `offset`; kStorage when the file is shorter.
  virtual Result<std::string> ReadAt(const std::string& name, uint64_t offset, uint64_t size) = 0;
  // Whether ReadAt() can answer now. If not, the host must load the file first (kCold).
  virtual bool IsLoaded(const std::string&) { return true; }
  // Makes the file when it is missing.
  virtual Result<void> Append(const std::string& name, std::string_view bytes) = 0;
  // Cuts the file to `size`, at most its present size. kStorage when there is no such file.
  virtual Result<void> Truncate(const std::string& name, uint64_t size) = 0;
  // Replaces the whole content, or makes the file.
  virtual Result<void> Write(const std::string& name, std::string_view bytes) = 0;
  // Replaces the file of the new name. kStorage when there is none of the old name.
  virtual Result<void> Rename(const std::string& from, const std::string& to) = 0;
  // Does nothing when there is no such file.
  virtual Result<void> Remove(const std::string& name) = 0;

  Result<std::string> Read(const std::string& name);
};

inline Result<std::string> Env::Read(const std::string& name) {
  CUE_ASSIGN(const uint64_t size, Size(name));
  return ReadAt(name, 0, size);
}

}  // namespace cuesheet
