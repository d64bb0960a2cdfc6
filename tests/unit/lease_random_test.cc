// Random lives of jobs with workers with and without leases, users, restarts and odd clocks: what
// has to hold in every state, also in those that no other test names.
#include <array>
#include <catch2/catch_amalgamated.hpp>
#include <map>
#include <set>

#include "../oracle/random.h"
#include "hub/leases.h"
#include "lease_fixture.h"

namespace cuesheet::testing {
namespace {

constexpr int kSteps = 150;
constexpr int kMaxRetries = 1;
const std::array<std::string, 5> kWorkers = {"a", "b", "c", "stock-1", "stock-2"};

bool IsStock(const std::string& worker) { return worker.starts_with("stock"); }

struct Farm : LeaseHub {
  // Whom an enroll gave the job to last, and who had it with a lease before that.
  struct Given {
    std::string worker;
    std::set<std::string> lost;
    // It was over, so its lease may be forgotten, and who had it before.
    bool is_reopened = false;
    std::set<std::string> uncertain{};
    void Reopen() {
      is_reopened = true;
      uncertain.merge(lost);
      uncertain.insert(worker);
      lost.clear();
    }
  };
  explicit Farm(uint64_t seed) : random(seed, 0) {}

  size_t Below(size_t limit) { return random.Below(limit); }
  std::string AnyJob() {
    return std::next(given.begin(), static_cast<ptrdiff_t>(Below(given.size())))->first;
  }

  void AskForJob() {
    const std::string& worker = random.Pick(kWorkers);
    std::string more = R"(,"maxRetries":)" + std::to_string(kMaxRetries);
    if (!IsStock(worker)) more += R"(,"leaseSeconds":)" + std::to_string(5 + Below(20));
    if (Below(3) == 0) more += R"(,"sequential":true)";
    if (!IsStock(worker) && Below(3) == 0) more += R"(,"concurrency":3)";
    const std::string job = Enroll(worker, more);
    if (job.empty()) return;
    Given& it = given[job];
    if (!it.worker.empty() && it.worker != worker && !IsStock(it.worker)) it.lost.insert(it.worker);
    if (it.is_reopened) it.Reopen();
    it.lost.erase(worker);
    it.uncertain.erase(worker);
    it.worker = worker;
    it.is_reopened = false;
  }

  void Report() {
    static const std::array<std::string, 6> kBodies = {
        R"("progress":50)",     R"("status":"in_progress")", R"("status":"finished")",
        R"("status":"failed")", R"("description":"x")",      R"("progress":1,"retries":9)"};
    const std::string job = AnyJob();
    const std::string& worker = random.Pick(kWorkers);
    Given& it = given[job];
    const bool is_known = it.lost.contains(worker) || it.uncertain.contains(worker);
    if (worker != it.worker && !is_known) return;  // no worker of this job
    const EventStatus before = StatusOf(job);
    const Timestamp updated_at = View(job).updated_at;
    const int status = Update(job, worker, random.Pick(kBodies)).status;
    CAPTURE(job, worker, it.worker, EventStatusName(before));
    REQUIRE((status == 204 || status == 409));
    if (IsStock(worker)) REQUIRE(status == 204);
    if (worker == it.worker && !IsFinal(before)) REQUIRE(status == 204);
    if (it.lost.contains(worker)) REQUIRE(status == 409);
    if (IsFinal(before) && StatusOf(job) != before) it.Reopen();
    if (status == 409) {
      REQUIRE(changes.empty());
      REQUIRE(StatusOf(job) == before);
      REQUIRE(View(job).updated_at == updated_at);
    }
  }

  void Meddle() {
    static const std::array<std::string, 4> kStatuses = {"aborted", "restarted", "pending",
                                                         "finished"};
    const std::string job = AnyJob();
    const std::string body = R"({"status":")" + random.Pick(kStatuses) + "\"}";
    const EventStatus before = StatusOf(job);
    std::optional<std::string> sender;
    if (random.Chance(50)) sender = "browser";
    REQUIRE(Ask("update", kManager, body, job, sender).status == 204);
    if (IsFinal(before) && StatusOf(job) != before) given[job].Reopen();
  }

  void Step() {
    const size_t what = Below(100);
    if (what < 8) {
      Source();
    } else if (what < 35) {
      AskForJob();
    } else if (given.empty()) {
      return;
    } else if (what < 65) {
      Report();
    } else if (what < 70) {
      Meddle();
    } else if (what < 90) {
      Pass(1 + static_cast<int64_t>(Below(15)));
    } else if (what < 94) {
      Commit();
      now_us += static_cast<int64_t>(Below(300)) * 1'000'000;
      Restart();
    } else if (what < 97) {
      now_us += (static_cast<int64_t>(Below(7200)) - 3600) * 1'000'000;  // the clock is set
    } else {
      Commit();
    }
  }

  oracle::Random random;
  std::map<std::string, Given> given;
};

TEST_CASE(
    "whatever happens, leases end, stock workers are left alone, and only losers are refused") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Farm f(seed);
    for (int step = 0; step < kSteps; ++step) f.Step();
    f.Pass(200);  // longer than any lease and grace
    for (const auto& [job, it] : f.given) {
      CAPTURE(job, it.worker);
      const EventView event = f.View(job);
      const bool is_leased = !IsStock(it.worker) && !it.is_reopened;
      const bool is_over = !IsOpen(event.status) || event.retries <= kMaxRetries;
      if (is_leased) CHECK(is_over);
    }
    // and no more is written for them
    f.Pass(200);
    CHECK(f.changes.empty());
  }
}

}  // namespace
}  // namespace cuesheet::testing
