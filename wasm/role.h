// What a store does besides being a store. Each module has one role and links nothing of the other:
// cuesheet.wasm is a replica (replica_role.cc), cuesheet-hub.wasm a hub (hub_role.cc).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/effects.h"
#include "base/result.h"
#include "event/change.h"
#include "frame.h"
#include "methods.h"
#include "store/event_store.h"

namespace cuesheet {

class Role {
 public:
  // What the store of this module is: "hub" or "relay", "local" (without an upstream) or "replica";
  // kInvalid for one of the other module.
  static Result<StoreRole> Parse(std::string_view name);
  // The role of this module. The pointers outlive it; the store is not open yet.
  static std::unique_ptr<Role> Make(EventStore* store, EffectQueue* effects);

  virtual ~Role() = default;
  // The result frame of a method that only this role has; kState for one of the other role.
  virtual Result<std::string> Call(Method method, const Frame& frame) = 0;
  // Adds to the answer of the method status what only this role knows.
  virtual void AddStatus(Json& report) const = 0;
  // Hands a change of the store to whoever watches from outside.
  virtual void Publish(const Change& change) = 0;
  // All changes of a call have been handed out.
  virtual void Published() {}
};

}  // namespace cuesheet
