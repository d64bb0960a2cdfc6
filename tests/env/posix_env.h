// Files of one folder by the calls of POSIX, for native tests.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "journal/env.h"

namespace cuesheet {

class PosixEnv : public Env {
 public:
  // The folder must be there.
  explicit PosixEnv(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::vector<std::string>> List() override {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  Result<uint64_t> Size(const std::string& name) override {
    struct stat status;
    if (stat(Path(name).c_str(), &status) != 0) return Refuse(name);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<std::string> ReadAt(const std::string& name, uint64_t offset, uint64_t size) override {
    const int file = open(Path(name).c_str(), O_RDONLY);
    if (file < 0) return Refuse(name);
    std::string bytes(static_cast<size_t>(size), '\0');
    size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t got = pread(file, bytes.data() + at, bytes.size() - at,
                                static_cast<off_t>(offset) + static_cast<off_t>(at));
      if (got <= 0) break;
      at += static_cast<size_t>(got);
    }
    close(file);
    if (at < bytes.size()) return Fail(ErrorCode::kStorage, name + ": shorter than asked for");
    return bytes;
  }

  Result<void> Append(const std::string& name, std::string_view bytes) override {
    return Put(name, bytes, O_APPEND);
  }
  Result<void> Write(const std::string& name, std::string_view bytes) override {
    return Put(name, bytes, O_TRUNC);
  }
  Result<void> Truncate(const std::string& name, uint64_t size) override {
    return Check(name, truncate(Path(name).c_str(), static_cast<off_t>(size)));
  }
  Result<void> Rename(const std::string& from, const std::string& to) override {
    return Check(from, rename(Path(from).c_str(), Path(to).c_str()));
  }
  Result<void> Remove(const std::string& name) override {
    const int removed = unlink(Path(name).c_str());
    return Check(name, removed != 0 && errno == ENOENT ? 0 : removed);
  }

 private:
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  static std::unexpected<Error> Refuse(const std::string& name) {
    return Fail(ErrorCode::kStorage, name + ": " + std::strerror(errno));
  }
  static Result<void> Check(const std::string& name, int answer) {
    if (answer != 0) return Refuse(name);
    return {};
  }

  Result<void> Put(const std::string& name, std::string_view bytes, int how) {
    const int file = open(Path(name).c_str(), O_WRONLY | O_CREAT | how, 0644);
    if (file < 0) return Refuse(name);
    while (!bytes.empty()) {
      const ssize_t put = write(file, bytes.data(), bytes.size());
      if (put < 0) {
        close(file);
        return Refuse(name);
      }
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    close(file);
    return {};
  }

  std::filesystem::path folder_;
};

}  // namespace cuesheet
