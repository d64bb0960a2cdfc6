// What a replica or a relay of the simulation talks to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "replica/upstream_answer.h"

namespace cuesheet::simulation {

struct Answer {
  int status = 0;  // 0 = none
  std::string body{};

  UpstreamAnswer AsUpstream() const {
    return {.status = status, .body = body, .content_type = body.empty() ? "" : "application/json"};
  }
};

class Server {
 public:
  using Frame = std::function<void(std::string_view)>;  // to the client; "" = closed
  using Answered = std::function<void(const Answer&)>;

  // A request by method and path, answered now or later. Status 0 while it is down, or when it
  // crashes.
  virtual void Fetch(const std::string& method, const std::string& path, const std::string& body,
                     Answered answered) = 0;
  // The number of the socket; 0 while it is down.
  virtual uint32_t Open(Frame frame) = 0;
  virtual void Message(uint32_t client, std::string_view text) = 0;
  virtual void Close(uint32_t client) = 0;

 protected:
  ~Server() = default;
};

}  // namespace cuesheet::simulation
