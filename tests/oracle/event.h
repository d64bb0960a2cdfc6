// What the oracle knows of an event: plain values, no columns, no codes. Nothing here comes from
// core/; the oracle must share no mistake with the engine that it tests.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cuesheet::oracle {

using Json = nlohmann::json;

struct PlainEvent {
  std::string id;    // 32 lower-case hex digits, like depends_on
  std::string hash;  // always explicit
  std::string topic;
  std::optional<std::string> sender;
  std::optional<std::string> sender_type;
  std::optional<std::string> project;
  std::optional<std::string> user;
  std::optional<std::string> depends_on;
  std::string status = "finished";
  int64_t retries = 0;
  std::string description;
  Json summary = Json::object();
  Json payload = Json::object();
  int64_t created_us = 0;
  int64_t updated_us = 0;
  int64_t order = 0;

  bool operator==(const PlainEvent&) const = default;
};

using World = std::vector<PlainEvent>;

inline const std::vector<std::string> kStatuses = {"pending", "in_progress", "finished",
                                                   "failed",  "aborted",     "restarted"};

}  // namespace cuesheet::oracle
