// The C functions of the module (docs/border.md).
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "host_env.h"
#include "instance.h"

namespace cuesheet {
namespace {

// State of the module and not of the core: handles, and the result of a refused cue_create.
struct Instances {
  std::map<uint32_t, std::unique_ptr<Instance>> open;
  uint32_t next = 1;
  std::string refusal;

  Instance* Find(uint32_t handle) {
    const auto it = open.find(handle);
    return it == open.end() ? nullptr : it->second.get();
  }
};

Instances& All() {
  static Instances instances;
  return instances;
}

Result<std::unique_ptr<Instance>> CreateFrom(std::string_view request) {
  CUE_ASSIGN(const Frame frame, Frame::Parse(request));
  CUE_ASSIGN(const std::string role, frame.Text("role"));
  CUE_ASSIGN(const uint64_t files, frame.Number("files"));
  if (files > UINT32_MAX) {
    return Fail(ErrorCode::kInvalid, "files: expected a number below 2^32");
  }
  uint64_t segment_bytes = kSegmentBytes;
  if (frame.header.contains("segmentBytes")) {
    CUE_ASSIGN(segment_bytes, frame.Number("segmentBytes"));
  }
  uint64_t budget = 0;
  if (frame.header.contains("memory")) {
    CUE_ASSIGN(budget, frame.Number("memory"));
  }
  return Instance::Create(std::make_unique<HostEnv>(static_cast<uint32_t>(files)), role,
                          segment_bytes, budget);
}

const std::string& ResultOf(uint32_t handle) {
  const Instance* instance = All().Find(handle);
  return instance == nullptr ? All().refusal : instance->result();
}

}  // namespace
}  // namespace cuesheet

extern "C" {

uint32_t cue_abi_version() { return cuesheet::kAbiVersion; }

void* cue_allocate(size_t size) { return std::malloc(size == 0 ? 1 : size); }

void cue_free(void* pointer) { std::free(pointer); }

uint32_t cue_create(const char* request, size_t size) {
  auto instance = cuesheet::CreateFrom({request, size});
  cuesheet::Instances& all = cuesheet::All();
  if (!instance) {
    all.refusal = cuesheet::ErrorFrame(instance.error());
    return 0;
  }
  const uint32_t handle = all.next++;
  all.open[handle] = *std::move(instance);
  return handle;
}

void cue_destroy(uint32_t handle) { cuesheet::All().open.erase(handle); }

uint32_t cue_call(uint32_t handle, uint32_t method, const char* request, size_t size) {
  cuesheet::Instance* instance = cuesheet::All().Find(handle);
  if (instance == nullptr) {
    cuesheet::All().refusal = cuesheet::ErrorFrame(
        {cuesheet::ErrorCode::kState, "no store has the handle " + std::to_string(handle)});
    return 0;
  }
  return instance->Call(static_cast<cuesheet::Method>(method), {request, size}) ? 1 : 0;
}

uint32_t cue_take_effects(uint32_t handle) {
  cuesheet::Instance* instance = cuesheet::All().Find(handle);
  return instance == nullptr ? 0 : static_cast<uint32_t>(instance->TakeEffects());
}

const char* cue_result_pointer(uint32_t handle) { return cuesheet::ResultOf(handle).data(); }

size_t cue_result_length(uint32_t handle) { return cuesheet::ResultOf(handle).size(); }

}  // extern "C"
