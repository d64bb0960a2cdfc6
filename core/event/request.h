// The request bodies of dispatch and update, with AYON's lenient reading and its errors
// (protocol.md 1.2, 1.4, 3.1, 3.3, 4).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/uuid.h"
#include "event/status.h"

namespace cuesheet {

inline constexpr size_t kMaxEventBytes = 1 << 20;  // a whole request body

// One line of AYON's `errors` list.
struct FieldError {
  std::vector<std::string> path;  // below "body", camelCase
  std::string message;
  std::string type;
  std::string context;  // canonical JSON (CanonicalText); empty when the rule has no parameters
};
using FieldErrors = std::vector<FieldError>;

template <typename T>
using Parsed = std::expected<T, FieldErrors>;

// POST /api/events. Absent and null mean the same except where the type says otherwise.
struct DispatchRequest {
  std::string topic;
  std::optional<std::string> sender;
  std::optional<std::string> hash;
  std::optional<std::string> project;
  std::optional<std::string> depends_on;  // 32 characters, not necessarily hex
  std::string description;
  std::string summary{"{}"};  // canonical JSON
  std::string payload{"{}"};
  bool finished = true;
  bool store = true;
  bool reuse = false;
  std::optional<Uuid> id;  // made by the client; a hub has seen to it that it is free
};

// PATCH /api/events/{id}. None = leave alone.
struct UpdateRequest {
  std::optional<std::string> sender;
  std::optional<std::string> project;
  std::optional<std::string> user;
  std::optional<EventStatus> status;
  std::optional<std::string> description;
  std::optional<std::string> summary;
  std::optional<std::string> payload;
  std::optional<double> progress;  // 0-100
  std::optional<int32_t> retries;
};

Parsed<DispatchRequest> ParseDispatchRequest(const Json& body);
Parsed<UpdateRequest> ParseUpdateRequest(const Json& body);

// `{"code":400,"detail":"Request validation error in [METHOD] path",...}` (protocol.md 3.3).
// `root` is "body" or "path".
std::string ValidationBody(std::string_view method, std::string_view path,
                           const FieldErrors& errors, std::string_view root = "body");

// The same errors in one sentence, for callers that are not HTTP.
std::string ValidationSentence(const FieldErrors& errors);

}  // namespace cuesheet
