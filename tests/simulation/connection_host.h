// Carries out what a connection to an upstream asks for, over a network that delays, loses and
// mixes up (as worker/replica/connection-host.ts, without the network).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "../oracle/random.h"
#include "dice.h"
#include "replica/connection.h"
#include "schedule.h"
#include "server.h"

namespace cuesheet::simulation {

// What the network does with what is sent.
struct Network {
  bool is_cut = false;
  size_t lost_percent = 0;   // of requests, and of answers
  int64_t delay_us = 5'000;  // at most
};

// Whose connection it is.
class ConnectionOwner {
 public:
  virtual Connection& connection() = 0;
  virtual Timestamp Now() const = 0;
  // Runs `work` in this life of the owner.
  virtual void Later(int64_t delay_us, std::function<void()> work) = 0;
  // After everything that was reported.
  virtual void Settle() = 0;

 protected:
  ~ConnectionOwner() = default;
};

class ConnectionHost {
 public:
  ConnectionHost(Schedule* schedule, oracle::Random* random, Server* server, const Network* network,
                 ConnectionOwner* owner)
      : schedule_(schedule), random_(random), server_(server), network_(network), owner_(owner) {}

  // The owner begins a new life, or ends: nothing that is on its way reaches it.
  void Restart();
  // The socket breaks; what was on its way in either direction is lost.
  void Cut();
  // False for an effect that is none of a connection's.
  bool CarryOut(const Json& effect);
  // Requests and answers overtake each other, and get lost: before the server has them, or after.
  void Request(const std::string& method, const std::string& path, const std::string& body,
               Server::Answered answered);

 private:
  void Close();
  void Connect();
  void Arrived(uint64_t socket, const std::string& frame);
  void Send(const Json& frame);
  void FetchSnapshot(uint64_t request, const std::string& path);
  int64_t Delay() {
    return 1 + static_cast<int64_t>(random_->Below(static_cast<size_t>(network_->delay_us)));
  }

  Schedule* schedule_;
  oracle::Random* random_;
  Server* server_;
  const Network* network_;
  ConnectionOwner* owner_;
  uint64_t life_ = 0;                      // counts restarts
  uint64_t socket_ = 0;                    // counts sockets
  uint32_t client_ = 0;                    // of the server
  Timestamp to_server_{}, from_server_{};  // when the last frame arrives: frames keep their order
  uint64_t timer_ = 0;
};

}  // namespace cuesheet::simulation
