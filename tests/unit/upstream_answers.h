// Answers as an upstream gives them, for tests. They refer to the body, which must live as long.
#pragma once

#include <string_view>

#include "replica/upstream_answer.h"

namespace cuesheet::testing {

inline constexpr std::string_view kJsonType = "application/json";

// JSON, a snapshot's lines, or nothing at all.
inline UpstreamAnswer AnswerOf(int status, std::string_view body) {
  return {.status = status, .body = body, .content_type = body.empty() ? "" : kJsonType};
}

inline constexpr std::string_view kNotFound = R"({"code":404,"detail":"Event not found"})";
inline constexpr std::string_view kRefusal = R"({"code":403,"detail":"no"})";
inline constexpr UpstreamAnswer kSnapshotWhole = {.status = 200,
                                                  .content_type = "application/x-ndjson"};

}  // namespace cuesheet::testing
