#include "jobs/enroll.h"

#include <algorithm>
#include <utility>

#include "base/sha256.h"
#include "event/names.h"

namespace cuesheet {
namespace {

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;

class Enroll {
 public:
  Enroll(const EventTable& table, const EnrollRequest& request, Timestamp now)
      : table_(table), request_(request) {
    if (request.ignore_older_than_days != 0) {
      cutoff_ = Timestamp{now.us - request.ignore_older_than_days * kDayUs};
    }
    target_ = table.topics().words().Find(request.target_topic);
    const Interner& topics = table.topics().words();
    for (uint32_t code = 0; code < topics.size(); ++code) {
      sources_.push_back(IsSource(topics.text(code)) ? 1 : 0);
    }
  }

  // Finished, fresh sources without a settled child, oldest first.
  std::vector<Row> Candidates() const {
    std::vector<Row> rows;
    for (const Row row : table_.order()) {
      if (IsCandidate(row)) rows.push_back(row);
    }
    std::ranges::sort(rows, {}, [this](Row row) {
      return std::pair(table_.created_at(row), table_.creation_order(row));
    });
    return rows;
  }

  // The children of the target topic, oldest first.
  std::vector<Row> Jobs(Row source) const {
    std::vector<Row> jobs;
    for (Row row = table_.FirstChild(source); row != kNoRow; row = table_.NextSibling(row)) {
      if (table_.topics().code(row) == target_) jobs.push_back(row);
    }
    std::ranges::sort(jobs, {}, [this](Row row) { return table_.creation_order(row); });
    return jobs;
  }

 private:
  bool IsSource(std::string_view topic) const {
    if (request_.is_pattern) return MatchesTopicPattern(topic, request_.source_topics.front());
    return std::ranges::find(request_.source_topics, topic) != request_.source_topics.end();
  }

  bool IsCandidate(Row row) const {
    if (!table_.IsLive(row) || sources_[table_.topics().code(row)] == 0) return false;
    if (table_.status(row) != EventStatus::kFinished) return false;
    if (cutoff_ && !(table_.updated_at(row) > *cutoff_)) return false;
    const EventView event = table_.View(row);
    if (!request_.ignore_sender_types.empty()) {
      // SQL's NOT IN drops a null type as soon as a list is given.
      if (!event.sender_type ||
          std::ranges::find(request_.ignore_sender_types, *event.sender_type) !=
              request_.ignore_sender_types.end()) {
        return false;
      }
    }
    return !IsSettled(row) && request_.filter.Matches(event);
  }

  bool IsSettled(Row source) const {
    for (Row row = table_.FirstChild(source); row != kNoRow; row = table_.NextSibling(row)) {
      if (table_.topics().code(row) != target_) continue;
      const EventStatus status = table_.status(row);
      if (status == EventStatus::kFinished || status == EventStatus::kAborted) return true;
      const bool exhausted = table_.View(row).retries > request_.max_retries;
      if (status == EventStatus::kFailed && exhausted) return true;
    }
    return false;
  }

  const EventTable& table_;
  const EnrollRequest& request_;
  std::optional<Timestamp> cutoff_;
  uint32_t target_ = Interner::kNone;
  std::vector<char> sources_;  // by topic code
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

EnrollDecision DecideEnroll(const EventTable& table, const EnrollRequest& request,
                            std::string_view sender, Timestamp now) {
  using Kind = EnrollDecision::Kind;
  if (request.source_topics.empty()) return {};
  const Enroll enroll(table, request, now);
  size_t pairs = 0;
  for (const Row source : enroll.Candidates()) {
    const std::vector<Row> jobs = enroll.Jobs(source);
    if (jobs.empty()) {
      if (++pairs > kMaxEnrollPairs) return {};
      if (table.FindByHash(JobHash(request.target_topic, table.id(source))) == kNoRow) {
        return {Kind::kCreate, source};
      }
      if (request.sequential) return {};
    }
    for (const Row job : jobs) {
      if (++pairs > kMaxEnrollPairs) return {};
      const EventStatus status = table.status(job);
      if (status == EventStatus::kFailed || status == EventStatus::kRestarted) {
        return {Kind::kRestart, job};
      }
      if (table.senders().Get(job) == sender) return {Kind::kHandBack, job};
      if (request.sequential) return {};
    }
  }
  return {};
}

}  // namespace cuesheet
