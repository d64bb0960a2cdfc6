#include "sequences.h"

#include "runner.h"
#include "steps.h"

namespace cuesheet::oracle {
namespace {

using Steps = std::vector<Json>;

constexpr int64_t kStart = 1'774'000'000'000'000;
constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

std::optional<std::string> Replay(const Steps& steps) {
  Runner runner;
  for (const Json& step : steps) {
    if (auto difference = runner.Take(step)) return difference;
  }
  return runner.Reopen();
}

// Makes and takes one step after another; `steps` are those taken.
std::optional<std::string> Explore(const Options& options, size_t number, Steps& steps) {
  Random random(options.seed, number);
  Runner runner;
  int64_t now = kStart;
  for (size_t i = 0; i < options.steps; ++i) {
    // Seconds most of the time, whole days now and then: enroll and retention look at ages.
    const bool later = random.Chance(6);
    now += later ? static_cast<int64_t>(random.Below(3) + 1) * kDay : kSecond;
    steps.push_back(MakeStep(random, runner.model(), runner.live_queries(), now));
    if (auto difference = runner.Take(steps.back())) return difference;
  }
  return runner.Reopen();
}

void Report(const Options& options, size_t number, Steps steps) {
  const auto fails = [&] { return Replay(steps).has_value(); };
  DropItems<Json>(steps, fails);
  // What a step says besides its operation, as long as the rest still fails.
  for (Json& step : steps) {
    for (const char* part : {"body", "event", "query"}) {
      if (!step.contains(part)) continue;
      const Json members = step[part];
      for (const auto& [name, value] : members.items()) {
        if (name == "topic" || name == "targetTopic" || name == "sourceTopic") continue;
        const Json before = step;
        step[part].erase(name);
        if (!fails()) step = before;
      }
    }
  }
  const std::string difference = Replay(steps).value_or("");
  std::printf("FAILED sequence %zu of seed %llu\n", number,
              static_cast<unsigned long long>(options.seed));
  for (Json step : steps) {
    step.erase("probe");  // the difference names the probe that matters
    std::printf("  step   %s\n", step.dump().c_str());
  }
  std::printf("  %s\n  replay npm run oracle -- --seed=%llu --sequences=1 --steps=%zu --case=%zu\n",
              difference.c_str(), static_cast<unsigned long long>(options.seed), options.steps,
              number);
}

}  // namespace

void RunSequences(const Options& options, Score& score) {
  const size_t from = options.only.value_or(0);
  const size_t end = options.only ? from + 1 : options.sequences;
  size_t failed = 0;
  for (size_t number = from; number < end; ++number) {
    running = {"--sequences", number};
    Steps steps;
    if (!Explore(options, number, steps)) continue;
    if (++failed <= kMaxReports) Report(options, number, steps);
  }
  score.passed += end - from - failed;
  score.failed += failed;
  std::printf("%zu sequences of %zu steps: %zu disagree\n", end - from, options.steps, failed);
}

}  // namespace cuesheet::oracle
