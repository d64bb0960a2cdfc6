#include "enroll.h"

#include <algorithm>

#include "filter.h"
#include "text.h"

namespace cuesheet::oracle {
namespace {

constexpr int64_t kDay = 86'400'000'000;

bool IsListed(const Json& list, const Json& item) {
  return std::ranges::find(list, item) != list.end();
}

bool IsSettled(const PlainEvent& job, const Json& request) {
  return job.status == "finished" || job.status == "aborted" ||
         (job.status == "failed" && job.retries > request.value("maxRetries", 3));
}

bool IsSource(const PlainEvent& event, const Json& request, int64_t now) {
  const Json& topic = request["sourceTopic"];
  if (topic.is_string() ? !MatchesTopic(event.topic, topic.get<std::string>())
                        : !IsListed(topic, event.topic)) {
    return false;
  }
  const int64_t days = request.value("ignoreOlderThan", 3);
  if (event.status != "finished" || (days != 0 && event.updated_us <= now - days * kDay)) {
    return false;
  }
  const Json ignored = request.value("ignoreSenderTypes", Json::array());
  if (!ignored.empty() && (!event.sender_type || IsListed(ignored, *event.sender_type))) {
    return false;
  }
  return Matches(request.value("filter", Json()), event);
}

}  // namespace

std::vector<Enrolled> EnrollAnswers(
    const World& world, const Json& request, const std::string& sender, int64_t now,
    const std::function<std::string(const std::string&, const std::string&)>& job_hash) {
  using Kind = Enrolled::Kind;
  const auto target = request["targetTopic"].get<std::string>();
  const bool sequential = request.value("sequential", false);
  std::vector<const PlainEvent*> sources;
  for (const PlainEvent& event : world) {
    if (IsSource(event, request, now)) sources.push_back(&event);
  }
  std::ranges::sort(sources, {}, &PlainEvent::created_us);
  for (const PlainEvent* source : sources) {
    std::vector<const PlainEvent*> jobs;
    for (const PlainEvent& event : world) {
      if (event.depends_on == source->id && event.topic == target) jobs.push_back(&event);
    }
    if (std::ranges::any_of(jobs, [&](const auto* job) { return IsSettled(*job, request); })) {
      continue;
    }
    if (jobs.empty()) {
      const std::string hash = job_hash(target, source->id);
      const bool taken = std::ranges::find(world, hash, &PlainEvent::hash) != world.end();
      if (!taken) return {{Kind::kCreate, source->id}};
      if (sequential) return {{}};
      continue;
    }
    std::vector<Enrolled> answers;
    bool blocked = false;
    for (const PlainEvent* job : jobs) {
      if (job->status == "failed" || job->status == "restarted") {
        answers.push_back({Kind::kRestart, job->id});
      } else if (job->sender == sender) {
        answers.push_back({Kind::kHandBack, job->id});
      } else {
        blocked = sequential;
      }
    }
    if (blocked) answers.push_back({});
    if (!answers.empty()) return answers;
  }
  return {{}};
}

std::string JobDescription(const Json& request) {
  const Json& topic = request["sourceTopic"];
  std::string source = topic.is_string() ? topic.get<std::string>() : "";
  for (const Json& one : topic.is_array() ? topic : Json::array()) {
    source += (source.empty() ? "'" : ", '") + one.get<std::string>() + "'";
  }
  std::ranges::replace(source, '*', '%');
  if (topic.is_array()) source = '[' + source + ']';
  return "Convert from " + source + " to " + request["targetTopic"].get<std::string>();
}

std::string Describe(const Enrolled& answer) {
  static const std::vector<std::string> names = {"nothing", "handed back", "restarted",
                                                 "created for"};
  return names[static_cast<size_t>(answer.kind)] + (answer.id.empty() ? "" : " " + answer.id);
}

}  // namespace cuesheet::oracle
