// Enroll over the whole list each time (protocol.md 8.3, 17.3).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "event.h"

namespace cuesheet::oracle {

struct Enrolled {
  enum class Kind { kNothing, kHandBack, kRestart, kCreate };
  Kind kind = Kind::kNothing;
  std::string id;  // of the job; kCreate: of the source

  bool operator==(const Enrolled&) const = default;
};

// Every answer that is right: the children of one source have no order among themselves.
// `job_hash` is 8.6; it is the engine's own, which the vectors check.
std::vector<Enrolled> EnrollAnswers(
    const World& world, const Json& request, const std::string& sender, int64_t now,
    const std::function<std::string(const std::string& target, const std::string& source)>&
        job_hash);

// What a job is called when the request does not say (8.1).
std::string JobDescription(const Json& request);

std::string Describe(const Enrolled& answer);

}  // namespace cuesheet::oracle
