#include "jobs/enroll.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/sha256.h"
#include "event/names.h"
#include "query/filter_matcher.h"

namespace cuesheet {
namespace {

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;

constexpr int64_t kSecondUs = 1'000'000;

bool IsWaitingForRetry(EventStatus status) {
  return status == EventStatus::kFailed || status == EventStatus::kRestarted;
}

// One enroll: pairs of a source and a job of it, oldest source first.
class Enroll {
 public:
  using Kind = EnrollDecision::Kind;

  Enroll(const EventTable& table, const Frontier& frontier, const EnrollRequest& request,
         std::string_view sender, Timestamp now)
      : table_(table),
        frontier_(frontier),
        request_(request),
        filter_(request.filter, table),
        sender_(sender),
        now_(now) {
    if (request.ignore_older_than_days != 0) {
      cutoff_ = Timestamp{now.us - request.ignore_older_than_days * kDayUs};
    }
  }

  EnrollDecision Decide() {
    // The count takes all pairs, and every decision below depends on it.
    int64_t open_jobs = 0;
    if (HasConcurrency()) {
      VisitPairs([&](Row /*source*/, Row job) {
        if (job != kNoRow && IsOwn(job) && !IsOfferedAgain(job)) ++open_jobs;
        return true;
      });
      is_full_ = open_jobs >= request_.concurrency;
    }
    EnrollDecision decision;
    VisitPairs([&](Row source, Row job) {
      decision = job == kNoRow ? ForSource(source) : ForJob(job);
      return decision.kind == Kind::kNothing && !request_.sequential;
    });
    return decision;
  }

 private:
  // Calls visit(source, job or kNoRow) until it returns false or kMaxEnrollPairs are seen.
  template <typename Visit>
  void VisitPairs(Visit visit) const {
    size_t pairs = 0;
    for (const Frontier::Source& source : frontier_.sources()) {
      if (!IsEligible(source.row)) continue;
      std::vector<Row> jobs = Jobs(source.row);
      if (jobs.empty()) jobs.push_back(kNoRow);
      for (const Row job : jobs) {
        if (++pairs > kMaxEnrollPairs || !visit(source.row, job)) return;
      }
    }
  }

  // The conditions of the request. The frontier has checked those of the queue.
  bool IsEligible(Row row) const {
    if (cutoff_ && !(table_.updated_at(row) > *cutoff_)) return false;
    if (!request_.ignore_sender_types.empty()) {
      // SQL's NOT IN drops a null type as soon as a list is given.
      const auto type = table_.sender_types().Get(row);
      if (!type || std::ranges::find(request_.ignore_sender_types, *type) !=
                       request_.ignore_sender_types.end()) {
        return false;
      }
    }
    return filter_.Matches(row);
  }

  // The children of the target topic, oldest first.
  std::vector<Row> Jobs(Row source) const {
    std::vector<Row> jobs;
    table_.VisitChildren(source, [&](Row child) {
      if (frontier_.IsJob(child)) jobs.push_back(child);
      return true;
    });
    table_.SortByOrder(jobs);
    return jobs;
  }

  EnrollDecision ForSource(Row source) const {
    const auto hash = JobHash(request_.target_topic, table_.id(source));
    if (is_full_ || table_.FindByHash(hash) != kNoRow) return {};
    return {Kind::kCreate, source};
  }

  EnrollDecision ForJob(Row job) const {
    if (IsOwn(job) && !IsWaitingForRetry(table_.status(job)) &&
        (!HasConcurrency() || (is_full_ && !IsOfferedAgain(job)))) {
      return {Kind::kHandBack, job};
    }
    if (IsAbandoned(job)) return {Kind::kAbandoned, job};
    if (IsOfferedAgain(job) && !is_full_) return {Kind::kRestart, job};
    return {};
  }

  bool HasConcurrency() const { return request_.concurrency > 0 && !request_.sequential; }
  bool IsOwn(Row job) const { return table_.senders().Get(job) == sender_; }

  bool IsOfferedAgain(Row job) const {
    const int64_t idle_us = now_.us - table_.updated_at(job).us;
    const EventStatus status = table_.status(job);
    if (status == EventStatus::kRestarted) return true;
    if (status == EventStatus::kFailed) return idle_us >= BackoffUs(table_.retries(job));
    return HasLeaseEnded(idle_us) && table_.retries(job) <= request_.max_retries;
  }

  bool IsAbandoned(Row job) const {
    return IsOpen(table_.status(job)) && table_.retries(job) > request_.max_retries &&
           HasLeaseEnded(now_.us - table_.updated_at(job).us);
  }

  bool HasLeaseEnded(int64_t idle_us) const {
    return request_.lease_seconds > 0 && idle_us >= request_.lease_seconds * kSecondUs;
  }

  int64_t BackoffUs(int32_t retries) const {
    int64_t seconds = request_.retry_backoff_seconds;
    if (seconds == 0) return 0;
    for (int32_t i = 0; i < retries && seconds < kMaxEnrollSeconds; ++i) seconds *= 2;
    return std::min(seconds, kMaxEnrollSeconds) * kSecondUs;
  }

  const EventTable& table_;
  const Frontier& frontier_;
  const EnrollRequest& request_;
  FilterMatcher filter_;
  std::string_view sender_;
  Timestamp now_;
  std::optional<Timestamp> cutoff_;
  bool is_full_ = false;  // the sender holds as many open jobs as it may
};

}  // namespace

std::string EnrollRequest::DefaultDescription() const {
  std::string source;
  if (is_pattern) {
    source = source_topics.front();
    std::ranges::replace(source, '*', '%');
  } else {
    for (std::string topic : source_topics) {
      std::ranges::replace(topic, '*', '%');
      source += (source.empty() ? "['" : ", '") + topic + "'";
    }
    source += ']';
  }
  return "Convert from " + source + " to " + target_topic;
}

std::optional<std::string> CheckEnrollTopics(const EnrollRequest& request) {
  for (const std::string& topic : request.source_topics) {
    if (!IsTopic(topic)) return "Invalid topic: " + topic;
  }
  if (request.target_topic.find('*') != std::string::npos) {
    return "Target topic must not contain wildcards";
  }
  return std::nullopt;
}

std::string JobHash(std::string_view target_topic, const Uuid& source) {
  return Sha256Hex(CanonicalText(Json::array({target_topic, source.Hex()})));
}

EnrollDecision DecideEnroll(const EventTable& table, Frontiers& frontiers,
                            const EnrollRequest& request, std::string_view sender, Timestamp now) {
  if (request.source_topics.empty()) return {};
  const Frontier& frontier = frontiers.Of(
      {request.source_topics, request.is_pattern, request.target_topic, request.max_retries});
  if (frontier.sources().empty()) return {};
  return Enroll(table, frontier, request, sender, now).Decide();
}

}  // namespace cuesheet
