// Files in memory that fail and crash on demand, for tests. What is written is there at once and
// durable after Sync(); Crash() says what is left of what was not.
#pragma once

#include <limits>
#include <random>
#include <vector>

#include "journal/testing/memory_env.h"

namespace cuesheet {

class FaultyEnv : public MemoryEnv {
 public:
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  // Calls that write, and Sync(), from 1. Those of [fail_from, fail_until) fail with kStorage; of
  // the bytes of an append or a write the first half is in the file all the same.
  uint64_t operations = 0;
  uint64_t fail_from = kNever;
  uint64_t fail_until = kNever;
  // Of all files together; what fits of a write is in the file.
  uint64_t capacity = kNever;
  uint64_t failures = 0;

  FaultyEnv() = default;
  // Begins with these, all of them durable.
  explicit FaultyEnv(const std::map<std::string, std::string>& begin) : durable_(begin) {
    files = begin;
  }

  Result<void> Append(const std::string& name, std::string_view bytes) override {
    return Put({.kind = Kind::kAppend, .name = name}, bytes, Room());
  }
  Result<void> Write(const std::string& name, std::string_view bytes) override {
    const auto old = files.find(name);
    const uint64_t freed = old == files.end() ? 0 : old->second.size();
    return Put({.kind = Kind::kWrite, .name = name}, bytes, Room() + freed);
  }
  Result<void> Truncate(const std::string& name, uint64_t size) override {
    CUE_TRY(Size(name));
    return Do({.kind = Kind::kTruncate, .name = name, .size = static_cast<size_t>(size)});
  }
  Result<void> Rename(const std::string& from, const std::string& to) override {
    CUE_TRY(Size(from));
    return Do({.kind = Kind::kRename, .name = from, .to = to});
  }
  Result<void> Remove(const std::string& name) override {
    return Do({.kind = Kind::kRemove, .name = name});
  }

  // Makes everything durable. When it fails, any part of it may be durable.
  Result<void> Sync() {
    if (Fails()) return Refuse("", "sync");
    durable_ = files;
    unsynced_.clear();
    return {};
  }

  // The files as a crash would leave them now. Of what was not synced seed 0 keeps nothing, 1 all,
  // 2 all with the last one torn, and any other for each file on its own the first few, the last
  // of which may be torn at any byte. Files that were renamed into each other stand together.
  std::map<std::string, std::string> Crash(uint64_t seed) const {
    std::mt19937_64 random(seed * 7919 + operations);
    std::map<std::string, size_t> kept;  // operations, by group
    std::map<std::string, size_t> counts;
    const std::map<std::string, std::string> groups = Groups();
    for (const Operation& operation : unsynced_) ++counts[groups.at(operation.name)];
    for (const auto& [group, count] : counts) {
      kept[group] = seed == 0 ? 0 : seed <= 2 ? count : random() % (count + 1);
    }
    std::map<std::string, std::string> left = durable_;
    for (size_t i = 0; i < unsynced_.size(); ++i) {
      Operation operation = unsynced_[i];
      size_t& more = kept[groups.at(operation.name)];
      if (more == 0) continue;
      --more;
      const bool may_tear = seed == 2 ? i + 1 == unsynced_.size() : seed > 2 && more == 0;
      if (may_tear && random() % 4 > 0) {
        operation.bytes.resize(random() % (operation.bytes.size() + 1));
      }
      Apply(operation, left);
    }
    return left;
  }

 private:
  enum class Kind : uint8_t { kAppend, kWrite, kTruncate, kRename, kRemove };
  struct Operation {
    Kind kind;
    std::string name;
    std::string to{};
    std::string bytes{};
    size_t size = 0;
  };

  uint64_t Room() const {
    uint64_t used = 0;
    for (const auto& [name, bytes] : files) used += bytes.size();
    return used < capacity ? capacity - used : 0;
  }

  bool Fails() {
    ++operations;
    return operations >= fail_from && operations < fail_until;
  }

  Result<void> Refuse(const std::string& name, const char* why) {
    ++failures;
    return Fail(ErrorCode::kStorage, name + ": failed on purpose (" + why + ")");
  }

  Result<void> Put(Operation operation, std::string_view bytes, uint64_t room) {
    const bool is_failing = Fails();
    const bool is_full = bytes.size() > room;
    if (is_full) bytes = bytes.substr(0, static_cast<size_t>(room));
    if (is_failing) bytes = bytes.substr(0, bytes.size() / 2);
    operation.bytes = bytes;
    Apply(operation, files);
    const std::string name = operation.name;
    unsynced_.push_back(std::move(operation));
    if (is_failing || is_full) return Refuse(name, is_failing ? "write" : "no room");
    return {};
  }

  Result<void> Do(Operation operation) {
    if (Fails()) return Refuse(operation.name, "change");
    Apply(operation, files);
    unsynced_.push_back(std::move(operation));
    return {};
  }

  static void Apply(const Operation& operation, std::map<std::string, std::string>& files) {
    switch (operation.kind) {
      case Kind::kAppend:
        files[operation.name] += operation.bytes;
        break;
      case Kind::kWrite:
        files[operation.name] = operation.bytes;
        break;
      case Kind::kTruncate:
        files[operation.name].resize(operation.size);
        break;
      case Kind::kRename:
        files[operation.to] = std::move(files[operation.name]);
        files.erase(operation.name);
        break;
      case Kind::kRemove:
        files.erase(operation.name);
    }
  }

  // A name for each group of files that stand together.
  std::map<std::string, std::string> Groups() const {
    std::map<std::string, std::string> groups;
    for (const Operation& operation : unsynced_) {
      groups.emplace(operation.name, operation.name);
      if (operation.kind != Kind::kRename) continue;
      groups.emplace(operation.to, operation.to);
      const std::string from = groups[operation.name];
      for (auto& [name, group] : groups) {
        if (group == from) group = groups[operation.to];
      }
    }
    return groups;
  }

  std::map<std::string, std::string> durable_;
  std::vector<Operation> unsynced_;
};

}  // namespace cuesheet
