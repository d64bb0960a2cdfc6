// What a hub and a relay have in common: a store that is asked by requests and sockets
// (core/hub), in one life after the other.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "../oracle/random.h"
#include "dice.h"
#include "hub/api.h"
#include "hub/sockets.h"
#include "schedule.h"
#include "server.h"
#include "store/event_store.h"

namespace cuesheet::simulation {

class HubFront : public Server {
 public:
  // A request of the hub's API, by its operation. None while it is down, or when it crashes.
  Answer Ask(std::string_view operation, const std::string& id, const std::string& body);

  uint32_t Open(Frame frame) override;
  void Message(uint32_t client, std::string_view text) override;
  void Close(uint32_t client) override;
  void Tick();

 protected:
  struct Core {
    std::string store_id;
    EventStore store;
    EffectQueue effects;
    HubApi api{&store.view(), &store.ledger(), &store.exports(), &store.files()};
    Sockets sockets{&effects, &store.view(), &api.feed()};
    Core(Env* env, std::string id, StoreRole role);
  };

  HubFront(Schedule* schedule, oracle::Random* random) : schedule_(schedule), random_(random) {}
  ~HubFront() = default;

  // None while it is down.
  virtual Core* core() = 0;
  // After every call: what has changed goes to the feed and the sockets (Publish), then to the
  // disk, then its effects leave (CarryOutAll). False when it crashed.
  virtual bool Commit() = 0;
  // What is none of a hub's own effects.
  virtual void CarryOutOther(const Json& /*effect*/) {}
  // Whose token it is; answered by Authenticated().
  virtual void LookUp(uint32_t client, const std::string& token) = 0;

  // A request by method and path.
  Answer Serve(const std::string& method, const std::string& path, const std::string& body);
  void Publish();
  void CarryOutAll();
  void Authenticated(uint32_t client, bool is_known);
  // Every socket is gone.
  void DropClients();

  Schedule* schedule_;
  oracle::Random* random_;

 private:
  Answer Graphql(const std::string& body);
  Answer Snapshot(bool with_payloads);
  HubResponse Handle(std::string_view operation, const std::string& id, const std::string& body);

  std::map<uint32_t, Frame> clients_;
  uint32_t last_client_ = 0;
};

}  // namespace cuesheet::simulation
