// Who acts on a store: what a command writes of them into the event.
#pragma once

#include <optional>
#include <string>

#include "jobs/enroll.h"

namespace cuesheet {

struct Actor {
  std::optional<std::string> user;
  std::optional<std::string> sender;       // header X-Sender
  std::optional<std::string> sender_type;  // header X-Sender-Type
};

// A worker's identity: from the request, else from the headers, else AYON's defaults
// (protocol.md 8.1).
Actor WorkerOf(const EnrollRequest& request, Actor asking);

}  // namespace cuesheet
