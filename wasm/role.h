// What a store does besides being a store. Each module has one role: cuesheet.wasm is a replica
// (replica_role.cc) and does not link the hub room; cuesheet-hub.wasm is a hub (hub_role.cc) and
// links the replica room too, because a relay follows an upstream.
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
  // Adds this role's members to the answer of the method status.
  virtual void AddStatus(Json& report) const = 0;
  // Passes a change of the store on to clients, if the role has any.
  virtual void Publish(const Change& change) = 0;
  // All changes of a call have been passed on.
  virtual void Published() {}
};

}  // namespace cuesheet
