// One store behind a handle: frames in, frames out (docs/border.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/effects.h"
#include "base/json.h"
#include "base/result.h"
#include "frame.h"
#include "methods.h"
#include "role.h"
#include "store/event_store.h"

namespace cuesheet {

class Instance {
 public:
  // `env` is not null; `role` is one of Role::Parse. `budget` is in bytes; 0 = all that there are.
  static Result<std::unique_ptr<Instance>> Create(std::unique_ptr<Env> env, std::string_view role,
                                                  uint64_t segment_bytes, uint64_t budget);

  // Leaves the result frame in result(); false when the call was refused.
  bool Call(Method method, std::string_view request);
  // Leaves the waiting effects, one per line, in result(); returns their number.
  size_t TakeEffects();
  const std::string& result() const { return result_; }

 private:
  Instance(std::unique_ptr<Env> env, const StoreOptions& options);

  // Each returns the result frame.
  Result<std::string> Run(Method method, const Frame& frame);
  Result<std::string> Open();
  Result<std::string> Commit();
  Result<std::string> Committed(const Frame& frame);
  Result<std::string> Dispatch(const Frame& frame);
  Result<std::string> Update(const Frame& frame);
  Result<std::string> Remove(const Frame& frame);
  Result<std::string> Get(const Frame& frame);
  Result<std::string> Query(const Frame& frame);
  Result<std::string> Report(const Frame& frame) const;
  Result<std::string> Live(const Frame& frame);
  Result<std::string> Unlive(const Frame& frame);
  Result<std::string> Patches();
  Result<std::string> Load();
  Result<std::string> Maintain();
  Result<std::string> Verify(const Frame& frame) const;
  Result<std::string> Count(const Frame& frame);
  Result<std::string> Progress(const Frame& frame);
  Result<std::string> Tree(const Frame& frame) const;
  Result<std::string> Enroll(const Frame& frame);
  Result<std::string> Retain(const Frame& frame);
  Result<std::string> Import(const Frame& frame);
  Result<std::string> Export(const Frame& frame);
  Result<std::string> Topics() const;
  Result<std::string> Declare(const Frame& frame);
  void PublishChanges();

  std::unique_ptr<Env> env_;
  EffectQueue effects_;
  EventStore store_;
  std::unique_ptr<Role> role_;
  std::string result_;
  uint64_t published_ = 0;  // changes up to this sequence were passed on
};

}  // namespace cuesheet
