// Leases over restarts of the hub, beside odd clocks, and at their bounds.
#include <catch2/catch_amalgamated.hpp>

#include "hub/leases.h"
#include "lease_fixture.h"

namespace cuesheet::testing {
namespace {

TEST_CASE("a restart changes nothing: leases end, and who has lost one is still refused") {
  LastRun f;
  f.Pass(2);
  f.Commit();
  f.now_us += 1'000'000;
  f.Restart();
  f.Tick();
  CHECK(f.Update(f.job, "first", R"("progress":1)").status == 409);
  CHECK(f.Update(f.job, "second", R"("progress":1)").status == 204);
  f.Pass(9);
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
  f.Commit();
  f.Restart();
  CHECK(f.Update(f.job, "second", R"("status":"finished")").status == 409);
  CHECK(f.Update(f.job, "first", R"("status":"finished")").status == 409);
}

TEST_CASE("what a crash took back is not known of a lease either") {
  LeaseHub f;
  f.Source();
  f.Commit();
  const std::string job = f.Enroll("lost", kLease);
  f.Restart();
  CHECK(f.life->api.leases().size() == 0);
  CHECK(f.Update(job, "lost", R"("progress":1)").status == 404);
  CHECK(f.Enroll("next", kLease) != "");
}

TEST_CASE("a worker that could not reach its hub gets one grace, however often the hub starts") {
  LastRun f;
  f.Commit();
  f.now_us += 3'600'000'000;  // nobody can renew a lease while the hub is away
  for (int start = 0; start < 2; ++start) {
    f.Restart();
    f.Tick();
    CHECK(f.StatusOf(f.job) == EventStatus::kPending);
    f.Pass(4);
    f.Commit();
  }
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("an update within the grace renews the lease, and earns another grace") {
  LastRun f;
  f.Commit();
  for (int start = 0; start < 3; ++start) {
    f.now_us += 3'600'000'000;
    f.Restart();
    f.Tick();
    f.Pass(9);
    CHECK(f.Update(f.job, "second", R"("progress":1)").status == 204);
    f.Commit();
  }
  f.Pass(10);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("a hub that was stopped for a while, or whose clock jumps ahead, gives the same grace") {
  LastRun f;
  f.now_us += 3'600'000'000;
  f.Tick();
  f.Pass(9);
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("a long lease has a grace of a minute") {
  LeaseHub f;
  f.Source();
  f.Tick();
  const std::string job = f.Enroll("a", R"(,"leaseSeconds":86400,"maxRetries":-1)");
  REQUIRE(job != "");
  f.now_us += int64_t{100'000} * 1'000'000;
  f.Tick();
  f.Pass(kLeaseGraceSeconds - 1);
  CHECK(f.StatusOf(job) == EventStatus::kPending);
  f.Pass(1);
  CHECK(f.StatusOf(job) == EventStatus::kFailed);
}

TEST_CASE("a clock that is set back makes no lease longer") {
  const bool is_restarted = GENERATE(false, true);
  LastRun f;
  f.Pass(5);
  f.Commit();
  f.now_us -= 3'600'000'000;
  if (is_restarted) f.Restart();
  f.Tick();
  REQUIRE(f.changes.size() == 1);
  CHECK(f.changes[0].event.updated_at == f.Now());
  CHECK(f.changes[0].event.status == EventStatus::kPending);
  f.Pass(9);
  CHECK(f.changes.empty());
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("after a clock was set back a job with retries left is offered again in time") {
  LeaseHub f;
  f.Source();
  f.Tick();
  const std::string more = R"(,"leaseSeconds":10)";
  const std::string job = f.Enroll("a", more);
  f.now_us -= 3'600'000'000;
  f.Tick();
  f.Pass(9);
  CHECK(f.Enroll("b", more).empty());
  f.Pass(1);
  CHECK(f.Enroll("b", more) == job);
}

TEST_CASE(
    "a clock was set back while nobody had the job: who gets it back has a lease as long as "
    "asked") {
  LastRun f;
  f.Pass(10);
  REQUIRE(f.StatusOf(f.job) == EventStatus::kFailed);
  REQUIRE(f.Ask("update", kManager, R"({"status":"pending"})", f.job).status == 204);
  f.now_us -= 3'600'000'000;
  f.Pass(5);
  CHECK(f.changes.empty());
  REQUIRE(f.Enroll("second", kLease) == f.job);
  f.Pass(1);
  CHECK(f.changes.size() == 1);
  f.Pass(9);
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("a clock that trembles writes nothing") {
  LastRun f;
  for (int i = 0; i < 20; ++i) {
    f.now_us += i % 2 == 0 ? -900'000 : 900'000;
    f.Tick();
    CHECK(f.changes.empty());
  }
}

TEST_CASE("the hub says when it has to be called, and is right when called only then") {
  LastRun f;
  Leases& leases = f.life->api.leases();
  int ticks = 0;
  int64_t ring_at = 0;
  const auto wake = [&] {
    if (const auto delay = leases.TakeWake(f.Now())) ring_at = f.now_us + *delay * 1000;
  };
  wake();
  const int64_t renewed_at = f.now_us + 8'000'000;
  for (int64_t step = 0; step < 200; ++step) {
    f.now_us += 100'000;
    if (f.now_us == renewed_at) {
      REQUIRE(f.Update(f.job, "second", R"("progress":1)").status == 204);
      wake();
    }
    if (ring_at == 0 || f.now_us < ring_at) continue;
    ring_at = 0;
    f.Tick();
    ++ticks;
    wake();
    if (f.StatusOf(f.job) == EventStatus::kFailed) break;
  }
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
  CHECK(f.now_us - renewed_at <= 12'000'000);
  CHECK(ticks <= 4);
  f.Pass(1);
  CHECK_FALSE(leases.TakeWake(f.Now()));
}

TEST_CASE("a hub without leases never has to be called for them") {
  LeaseHub f;
  f.Source();
  f.Enroll("stock");
  f.Tick();
  CHECK_FALSE(f.life->api.leases().TakeWake(f.Now()));
  f.Commit();
  for (const auto& [name, bytes] : f.env.files) CHECK_FALSE(name.starts_with(kLeasesPrefix));
}

TEST_CASE("a restarted hub with leases has to be called soon") {
  LastRun f;
  f.Commit();
  f.Restart();
  REQUIRE(f.Ask("get", kService, "", f.job).status == 200);
  CHECK(f.life->api.leases().TakeWake(f.Now()) == 1000);
  CHECK_FALSE(f.life->api.leases().TakeWake(f.Now()));
}

TEST_CASE("at most 10,000 jobs have known leases, and those that are over go first") {
  LeaseHub f;
  f.Tick();
  Leases& leases = f.life->api.leases();
  std::string lines;
  for (size_t i = 1; i <= kMaxLeases + 1; ++i) {
    std::string id = std::to_string(i);
    id.insert(0, 32 - id.size(), '0');
    const bool is_over = i % 2 == 0;
    lines += R"({"id":")" + id + R"(","topic":"demo.job","sender":"a","user":"svc","status":")" +
             (is_over ? "failed" : "in_progress") +
             R"(","retries":9,"createdAt":"2026-03-20T09:46:40+00:00",)" +
             R"("updatedAt":"2026-03-20T09:46:40+00:00"})" + "\n";
  }
  const auto report = f.life->store.ledger().Import(lines);
  REQUIRE(report);
  REQUIRE(report->events == kMaxLeases + 1);
  const EventTable& table = f.life->store.view().table();
  REQUIRE(leases.Open());
  table.VisitRange({}, [&](Row row) {
    leases.Given(table.id(row), "a", "svc", 60, 3, f.Now());
    leases.Given(table.id(row), "b", "svc", 60, 3, f.Now());
    return true;
  });
  CHECK(leases.size() == kMaxLeases - kMaxLeases / 10 + 1);
  size_t open = 0;
  size_t over = 0;
  table.VisitRange({}, [&](Row row) {
    const bool is_known = leases.Refuse(table.id(row), "a").has_value();
    if (is_known) ++(IsOpen(table.status(row)) ? open : over);
    return true;
  });
  CHECK(open == kMaxLeases / 2 + 1);
  CHECK(over == kMaxLeases / 2 - kMaxLeases / 10);
  // one call ends at most a thousand of them
  f.now_us += 120'000'000;
  f.Tick();
  f.now_us += 70'000'000;
  size_t ended = 0;
  for (int i = 0; i < 6; ++i) {
    f.now_us += 1'000'000;
    f.Tick();
    CHECK(f.changes.size() <= kMaxLeaseChanges);
    ended += f.changes.size();
  }
  CHECK(ended == open);
  f.Commit();
  size_t bytes = 0;
  for (const auto& [name, content] : f.env.files) {
    if (name.starts_with(kLeasesPrefix)) bytes += content.size();
  }
  CHECK(bytes < 8 << 20);
}

TEST_CASE("a job remembers its last 16 former workers") {
  LeaseHub f;
  f.Source();
  const std::string more = R"(,"leaseSeconds":1,"maxRetries":100)";
  std::string job;
  for (int i = 0; i < 20; ++i) {
    job = f.Enroll("w" + std::to_string(i), more);
    f.Pass(2);
  }
  f.Commit();
  f.Restart();
  for (int i = 0; i < 19; ++i) {
    CAPTURE(i);
    const int status = f.Update(job, "w" + std::to_string(i), R"("progress":1)").status;
    CHECK(status == (i < 3 ? 204 : 409));
  }
}

TEST_CASE("a long name costs no memory, and is cut in the answer") {
  LeaseHub f;
  f.Source();
  const std::string name(100'000, 'n');
  const std::string more = R"(,"leaseSeconds":10)";
  const std::string job = f.Enroll(name, more);
  f.Pass(11);
  REQUIRE(f.Enroll("b", more) == job);
  const HubResponse refused = f.Update(job, name, R"("progress":1)");
  CHECK(refused.status == 409);
  CHECK(refused.body.size() < 400);
  f.Commit();
  CHECK(f.env.files.at("leases-00000001").size() < 1000);
}

TEST_CASE("the file of leases is written anew before it has grown far") {
  LeaseHub f;
  f.Source();
  const std::string more = R"(,"leaseSeconds":1,"maxRetries":100000)";
  for (int i = 0; i < 3000; ++i) {
    REQUIRE(f.Enroll(i % 2 == 0 ? "a" : "b", more) != "");
    f.now_us += 2'000'000;
    f.Commit();
  }
  size_t bytes = 0;
  size_t files = 0;
  for (const auto& [name, content] : f.env.files) {
    if (!name.starts_with(kLeasesPrefix)) continue;
    bytes += content.size();
    ++files;
  }
  CHECK(files <= 2);
  CHECK(bytes < 3 * kLeaseFileBytes);
}

TEST_CASE("a damaged file of leases is one without them") {
  LastRun f;
  f.Commit();
  f.env.files.at("leases-00000001")[0] ^= 1;
  f.Restart();
  f.Pass(1000);
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  CHECK(f.Update(f.job, "first", R"("progress":1)").status == 204);
  CHECK(f.Enroll("first", kLease) == f.job);
  f.Pass(10);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
  f.Commit();
  f.Restart();
  CHECK(f.Update(f.job, "first", R"("progress":1)").status == 409);
}

}  // namespace
}  // namespace cuesheet::testing
