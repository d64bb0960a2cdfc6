#include "host_env.h"

#include <algorithm>

extern "C" {
// wasm/host_files.js
double cue_host_error(char* out, double capacity);
double cue_host_list(uint32_t files, char* out, double capacity);
double cue_host_size(uint32_t files, const char* name);
double cue_host_is_loaded(uint32_t files, const char* name);
double cue_host_read(uint32_t files, const char* name, double offset, char* out, double length);
double cue_host_append(uint32_t files, const char* name, const char* bytes, double length);
double cue_host_write(uint32_t files, const char* name, const char* bytes, double length);
double cue_host_truncate(uint32_t files, const char* name, double size);
double cue_host_rename(uint32_t files, const char* from, const char* to);
double cue_host_remove(uint32_t files, const char* name);
}

namespace cuesheet {
namespace {

constexpr double kMissing = -2;
constexpr size_t kReadChunk = 4 << 20;
// What a string takes where sizes have 32 bits. A larger one would be cut to its lowest 32 bits.
constexpr uint64_t kMaxReadBytes = (uint64_t{1} << 31) - 1;

std::unexpected<Error> HostError(const std::string& what) {
  std::string text(512, '\0');
  const double size = cue_host_error(text.data(), static_cast<double>(text.size()));
  text.resize(std::min(text.size(), static_cast<size_t>(size)));
  return Fail(ErrorCode::kStorage, what + ": " + text);
}

Result<void> Check(double answer, const std::string& what) {
  if (answer < 0) return HostError(what);
  return {};
}

}  // namespace

Result<std::vector<std::string>> HostEnv::List() {
  const double size = cue_host_list(files_, nullptr, 0);
  CUE_TRY(Check(size, "listing the files"));
  std::string text(static_cast<size_t>(size), '\0');
  CUE_TRY(Check(cue_host_list(files_, text.data(), size), "listing the files"));
  std::vector<std::string> names;
  for (size_t from = 0; from < text.size();) {
    const size_t to = std::min(text.find('\n', from), text.size());
    names.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return names;
}

Result<uint64_t> HostEnv::Size(const std::string& name) {
  const double size = cue_host_size(files_, name.c_str());
  if (size == kMissing) return Fail(ErrorCode::kStorage, name + ": no such file");
  CUE_TRY(Check(size, name + ": reading its size"));
  return static_cast<uint64_t>(size);
}

bool HostEnv::IsLoaded(const std::string& name) {
  return cue_host_is_loaded(files_, name.c_str()) == 1;
}

Result<std::string> HostEnv::ReadAt(const std::string& name, uint64_t offset, uint64_t size) {
  if (size > kMaxReadBytes) {
    return Fail(ErrorCode::kStorage, name + ": " + std::to_string(size) +
                                         " bytes are more than this program reads at once; "
                                         "nothing was changed");
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  for (size_t at = 0; at < bytes.size();) {
    const size_t wanted = std::min(kReadChunk, bytes.size() - at);
    const double got =
        cue_host_read(files_, name.c_str(), static_cast<double>(offset) + static_cast<double>(at),
                      bytes.data() + at, static_cast<double>(wanted));
    CUE_TRY(Check(got, name + ": reading"));
    if (got == 0) return Fail(ErrorCode::kStorage, name + ": shorter than asked for");
    at += static_cast<size_t>(got);
  }
  return bytes;
}

Result<void> HostEnv::Append(const std::string& name, std::string_view bytes) {
  return Check(
      cue_host_append(files_, name.c_str(), bytes.data(), static_cast<double>(bytes.size())),
      name + ": appending");
}

Result<void> HostEnv::Truncate(const std::string& name, uint64_t size) {
  return Check(cue_host_truncate(files_, name.c_str(), static_cast<double>(size)),
               name + ": cutting");
}

Result<void> HostEnv::Write(const std::string& name, std::string_view bytes) {
  return Check(
      cue_host_write(files_, name.c_str(), bytes.data(), static_cast<double>(bytes.size())),
      name + ": writing");
}

Result<void> HostEnv::Rename(const std::string& from, const std::string& to) {
  return Check(cue_host_rename(files_, from.c_str(), to.c_str()), from + ": renaming");
}

Result<void> HostEnv::Remove(const std::string& name) {
  return Check(cue_host_remove(files_, name.c_str()), name + ": removing");
}

}  // namespace cuesheet
