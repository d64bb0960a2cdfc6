// Who gave an answer. Something between a replica and its upstream may answer in its place: a
// sign-on gateway, a firewall, a router, the portal of a hotel. Only the upstream's own answers
// mean anything. They are known by status, content type and shape (protocol.md 3.2 to 6.3), and
// everything else is no answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "base/result.h"

namespace cuesheet {

struct UpstreamAnswer {
  int status = 0;  // of HTTP; 0 = none
  std::string_view body{};
  std::string_view content_type{};  // of the header
};

// What was asked for, which says what a success looks like.
enum class AskedFor : uint8_t {
  kDispatch,  // {"id"}
  kBatch,     // a list
  kUpdate,    // 204, nothing
  kRemove,    // 204, nothing
  kGraphql,   // {"data"} or {"errors"}
  kEvent,     // {"id"}
  kEnroll,    // {"id"}, or 204, nothing
  kUser,      // {"name"}
  kLogin,     // {"token"}, which is null when the login is refused
  kSnapshot,  // 200, lines
  kOther,     // any JSON
};

// By the name of a hub's operation (hub/operations.h), or `me` or `login`; kOther for the rest.
AskedFor ParseAskedFor(std::string_view operation);

enum class AnswerSource : uint8_t {
  kNone,
  kUpstream,
  kElsewhere,  // something in front of it
};

// `json` is the parsed body, null when it is no JSON.
AnswerSource SourceOf(AskedFor asked, const UpstreamAnswer& answer, const Json& json);

// For people: "HTTP 403, text/html".
std::string Describe(const UpstreamAnswer& answer);

}  // namespace cuesheet
