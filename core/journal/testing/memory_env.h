// Files in memory, for tests: `durable` is what a crash would leave when nothing was synced.
#pragma once

#include <functional>
#include <map>

#include "journal/env.h"

namespace cuesheet {

class MemoryEnv : public Env {
 public:
  std::map<std::string, std::string> files;
  // Asked before each call that writes; true makes it fail with kStorage.
  std::function<bool(std::string_view operation, const std::string& name)> fails;

  Result<std::vector<std::string>> List() override {
    std::vector<std::string> names;
    names.reserve(files.size());
    for (const auto& [name, bytes] : files) names.push_back(name);
    return names;
  }
  Result<uint64_t> Size(const std::string& name) override {
    const auto it = files.find(name);
    if (it == files.end()) return Fail(ErrorCode::kStorage, name + ": no such file");
    return it->second.size();
  }
  Result<std::string> ReadAt(const std::string& name, uint64_t offset, uint64_t size) override {
    CUE_ASSIGN(const uint64_t whole, Size(name));
    if (offset > whole || size > whole - offset) {
      return Fail(ErrorCode::kStorage, name + ": shorter than asked for");
    }
    return files[name].substr(static_cast<size_t>(offset), static_cast<size_t>(size));
  }
  Result<void> Append(const std::string& name, std::string_view bytes) override {
    CUE_TRY(Check("append", name));
    files[name].append(bytes);
    return {};
  }
  Result<void> Truncate(const std::string& name, uint64_t size) override {
    CUE_TRY(Check("truncate", name));
    CUE_TRY(Size(name));
    files[name].resize(static_cast<size_t>(size));
    return {};
  }
  Result<void> Write(const std::string& name, std::string_view bytes) override {
    CUE_TRY(Check("write", name));
    files[name] = bytes;
    return {};
  }
  Result<void> Rename(const std::string& from, const std::string& to) override {
    CUE_TRY(Check("rename", from));
    CUE_ASSIGN(std::string bytes, Read(from));
    files.erase(from);
    files[to] = std::move(bytes);
    return {};
  }
  Result<void> Remove(const std::string& name) override {
    CUE_TRY(Check("remove", name));
    files.erase(name);
    return {};
  }

 private:
  Result<void> Check(std::string_view operation, const std::string& name) {
    if (!fails || !fails(operation, name)) return {};
    return Fail(ErrorCode::kStorage, name + ": " + std::string(operation) + " failed on purpose");
  }
};

}  // namespace cuesheet
