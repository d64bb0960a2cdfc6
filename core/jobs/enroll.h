// Enroll: the queue made of events (protocol.md 8, 17.3). A source is offered until a child of the
// target topic has settled it: finished, aborted, or failed more often than allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/request.h"
#include "jobs/frontier.h"
#include "query/query_filter.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr size_t kMaxEnrollPairs = 1000;  // sources and their children that one call checks
inline constexpr size_t kMaxSourceTopics = 1000;
inline constexpr int64_t kMaxEnrollSeconds = 86'400;  // leases, and the longest back-off
inline constexpr int64_t kMaxConcurrency = kMaxEnrollPairs;
inline constexpr size_t kMaxAbandoned = 100;  // jobs that one call finds without a worker

struct EnrollRequest {
  std::vector<std::string> source_topics;
  bool is_pattern = false;  // one topic, `*` is a wildcard; a list holds exact topics
  std::string target_topic;
  std::optional<std::string> sender;
  std::optional<std::string> sender_type;
  std::optional<std::string> description;
  bool sequential = false;
  QueryFilter filter;
  int64_t max_retries = 3;
  std::vector<std::string>
      ignore_sender_types;             // empty = none; otherwise a null type is ignored too
  int64_t ignore_older_than_days = 3;  // by update time; 0 = no limit

  // Additions to AYON's request; 0 = AYON's behaviour.
  // An open job without an update for this long is offered again, to anyone, as one more retry: its
  // worker is assumed dead. Without a retry left it has failed.
  int64_t lease_seconds = 0;
  // How long after a failure the job is offered again; twice as long with every retry.
  int64_t retry_backoff_seconds = 0;
  // How many open jobs a sender may hold. Only a sender that holds them all gets its oldest job
  // again. Without effect on a sequential queue.
  int64_t concurrency = 0;

  // AYON's default: `Convert from SOURCE to TARGET`.
  std::string DefaultDescription() const;
};

// FieldErrors for what pydantic refuses. CheckEnrollTopics has what AYON's handler refuses
// (`Invalid topic: *`).
Parsed<EnrollRequest> ParseEnrollRequest(const Json& body);

// The detail of AYON's 400, if the topics are refused.
std::optional<std::string> CheckEnrollTopics(const EnrollRequest& request);

// Lower-case hex SHA-256 of `["target","source id"]` (protocol.md 8.6).
std::string JobHash(std::string_view target_topic, const Uuid& source);

struct EnrollDecision {
  // kAbandoned: its last lease has ended. It has to become failed; then decide again.
  enum class Kind { kNothing, kHandBack, kRestart, kCreate, kAbandoned };
  Kind kind = Kind::kNothing;
  Row row = kNoRow;  // the job; kCreate: the source
};

// `sender` is the worker's identity after headers and defaults; `frontiers` are those of the table.
EnrollDecision DecideEnroll(const EventTable& table, Frontiers& frontiers,
                            const EnrollRequest& request, std::string_view sender, Timestamp now);

}  // namespace cuesheet
