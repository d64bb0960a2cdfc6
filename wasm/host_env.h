// `Env` over the files that the host gave a store under a number (docs/border.md, Files).
#pragma once

#include <cstdint>

#include "journal/env.h"

namespace cuesheet {

class HostEnv : public Env {
 public:
  explicit HostEnv(uint32_t files) : files_(files) {}

  Result<std::vector<std::string>> List() override;
  Result<uint64_t> Size(const std::string& name) override;
  Result<std::string> ReadAt(const std::string& name, uint64_t offset, uint64_t size) override;
  bool IsLoaded(const std::string& name) override;
  Result<void> Append(const std::string& name, std::string_view bytes) override;
  Result<void> Truncate(const std::string& name, uint64_t size) override;
  Result<void> Write(const std::string& name, std::string_view bytes) override;
  Result<void> Rename(const std::string& from, const std::string& to) override;
  Result<void> Remove(const std::string& name) override;

 private:
  uint32_t files_;
};

}  // namespace cuesheet
