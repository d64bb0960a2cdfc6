// Leases as workers meet them; lease_time_test.cc has restarts, clocks and bounds.
#include "hub/leases.h"

#include <catch2/catch_amalgamated.hpp>

#include "hub/sockets.h"
#include "lease_fixture.h"

namespace cuesheet::testing {
namespace {

TEST_CASE("the hub fails a job whose last lease has ended, once, by a change like any other") {
  LastRun f;
  f.Pass(9);
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  const uint64_t before = f.life->store.view().sequence();
  f.Pass(1);
  REQUIRE(f.changes.size() == 1);
  const Change& change = f.changes[0];
  CHECK(change.kind == ChangeKind::kUpdated);
  CHECK(change.sequence == before + 1);
  CHECK(change.event.status == EventStatus::kFailed);
  CHECK(change.event.description ==
        "Abandoned: its worker sent no update for 10 seconds, and no retry is left");
  CHECK(change.event.sender == "second");
  CHECK(change.event.retries == 1);
  CHECK(change.event.updated_at == f.Now());
  const Json message = Json::parse(SocketMessage(change));
  CHECK(message["status"] == "failed");
  CHECK(message["topic"] == "demo.job");
  f.Pass(100);
  CHECK(f.changes.empty());
}

TEST_CASE("a lease that ends with a retry left changes nothing by itself") {
  LeaseHub f;
  f.Source();
  const std::string job = f.Enroll("first", R"(,"leaseSeconds":10)");
  f.Pass(1000);
  CHECK(f.changes.empty());
  CHECK(f.StatusOf(job) == EventStatus::kPending);
  CHECK(f.Enroll("stock").empty());
  CHECK(f.Enroll("second", R"(,"leaseSeconds":10)") == job);
}

TEST_CASE("every update of the job renews the lease, a progress report too") {
  LastRun f;
  for (int i = 0; i < 5; ++i) {
    f.Pass(9);
    CHECK(f.Update(f.job, "second", R"("progress":50)").status == 204);
  }
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  f.Pass(9);
  CHECK(f.changes.empty());
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("a sequential queue goes on after a job without a worker") {
  LeaseHub f;
  f.Source();
  const std::string next = f.Source();
  const std::string more = R"(,"sequential":true,"leaseSeconds":10,"maxRetries":-1)";
  REQUIRE(f.Enroll("silent", more) != "");
  CHECK(f.Enroll("stock", R"(,"sequential":true,"maxRetries":-1)").empty());
  f.Pass(10);
  const std::string job = f.Enroll("stock", R"(,"sequential":true,"maxRetries":-1)");
  REQUIRE(job != "");
  CHECK(f.View(job).depends_on->Hex() == next);
}

TEST_CASE("who has lost its lease is refused, as long as another has the job or it is over") {
  LastRun f;
  const HubResponse late = f.Update(f.job, "first", R"("progress":90)");
  CHECK(late.status == 409);
  CHECK(Json::parse(late.body)["detail"] ==
        "The lease of 'first' on this job has ended, and 'second' has it now: leave it alone, and "
        "ask for another job");
  CHECK(f.changes.empty());
  f.Pass(9);
  CHECK(f.Update(f.job, "first", R"("progress":95)").status == 409);
  f.Pass(1);  // so that was no update: the other's lease was not renewed
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
  for (const char* sender : {"first", "second"}) {
    const HubResponse refused = f.Update(f.job, sender, R"("status":"finished")");
    CHECK(refused.status == 409);
    CHECK(refused.body.find("and the job is failed now") != std::string::npos);
  }
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("the header says who updates too, and a body that names another counts before it") {
  LastRun f;
  CHECK(f.Ask("update", kService, R"({"progress":1})", f.job, "first").status == 409);
  CHECK(f.Ask("update", kService, R"({"progress":1,"sender":"second"})", f.job, "first").status ==
        204);
  CHECK(f.Ask("update", kService, R"({"progress":1,"sender":"first"})", f.job, "second").status ==
        409);
  CHECK(f.Ask("update", kService, R"({"progress":1})", f.job, "a b").status == 204);  // no name
}

TEST_CASE("an update that names nobody, or somebody who never had the job, passes") {
  LastRun f;
  CHECK(f.Ask("update", kService, R"({"description":"x"})", f.job).status == 204);
  CHECK(f.Update(f.job, "browser-7", R"("description":"y")", kManager).status == 204);
  f.Pass(100);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
  CHECK(f.Update(f.job, "browser-7", R"("status":"pending")", kManager).status == 204);
}

TEST_CASE("what breaks other rules is refused for those first") {
  LastRun f;
  CHECK(f.Update(f.job, "first", R"("status":"nonsense")").status == 400);
  CHECK(f.Update(f.job, "first", R"("progress":1)", R"({"name":"alice"})").status == 403);
  CHECK(f.Update(std::string(32, 'a'), "first", R"("progress":1)").status == 404);
}

TEST_CASE("an ended lease that nobody has taken over is renewed by its worker") {
  LeaseHub f;
  f.Source();
  const std::string job = f.Enroll("slow", R"(,"leaseSeconds":10)");
  f.Pass(60);
  CHECK(f.Update(job, "slow", R"("status":"in_progress")").status == 204);
  CHECK(f.Enroll("other", R"(,"leaseSeconds":10)").empty());
  CHECK(f.Update(job, "slow", R"("status":"finished")").status == 204);
}

TEST_CASE("a worker that gets its job back may change it again, and the one between may not") {
  LeaseHub f;
  f.Source();
  const std::string more = R"(,"leaseSeconds":10)";
  const std::string job = f.Enroll("a", more);
  f.Pass(11);
  CHECK(f.Enroll("b", more) == job);
  CHECK(f.Update(job, "a", R"("progress":1)").status == 409);
  f.Pass(11);
  CHECK(f.Enroll("a", more) == job);
  CHECK(f.Update(job, "a", R"("progress":1)").status == 204);
  CHECK(f.Update(job, "b", R"("progress":1)").status == 409);
  CHECK(f.Update(job, "a", R"("status":"finished")").status == 204);
  CHECK(f.Update(job, "b", R"("status":"in_progress")").status == 409);
  CHECK(f.Update(job, "a", R"("description":"also")").status == 204);
  CHECK(f.StatusOf(job) == EventStatus::kFinished);
}

TEST_CASE("a worker without a lease sees no difference, whoever takes its job") {
  LeaseHub f;
  f.Source();
  const std::string job = f.Enroll("stock");
  f.Pass(100);
  CHECK(f.changes.empty());
  CHECK(f.Enroll("leased", kLease) == job);
  CHECK(f.Update(job, "stock", R"("status":"in_progress")").status == 204);
  CHECK(f.Update(job, "stock", R"("status":"finished")").status == 204);
  f.Pass(100);
  CHECK(f.changes.empty());
  CHECK(f.StatusOf(job) == EventStatus::kFinished);
  CHECK(f.Update(job, "stock", R"("status":"in_progress")").status == 204);
}

TEST_CASE("a worker without a lease that takes over a leased job is not bound by that lease") {
  LeaseHub f;
  f.Source();
  const std::string job = f.Enroll("leased", kLease);
  CHECK(f.Update(job, "leased", R"("status":"failed")").status == 204);
  CHECK(f.Enroll("stock", R"(,"maxRetries":0)") == job);
  CHECK(f.Update(job, "leased", R"("progress":1)").status == 409);
  f.Pass(1000);
  CHECK(f.changes.empty());
  CHECK(f.StatusOf(job) == EventStatus::kPending);
  CHECK(f.Update(job, "stock", R"("status":"finished")").status == 204);
}

TEST_CASE("a worker that asks again without a lease gives its lease up") {
  LastRun f;
  CHECK(f.Enroll("second", R"(,"maxRetries":0)") == f.job);
  f.Pass(1000);
  CHECK(f.StatusOf(f.job) == EventStatus::kPending);
  CHECK(f.Enroll("second", kLease) == f.job);
  f.Pass(1);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("a job that somebody else has ended stays so, and its worker is told") {
  LeaseHub f;
  f.Source();
  const std::string job = f.Enroll("worker", kLease);
  REQUIRE(f.Ask("update", kManager, R"({"status":"aborted"})", job).status == 204);
  f.Pass(1000);
  CHECK(f.StatusOf(job) == EventStatus::kAborted);
  const HubResponse refused = f.Update(job, "worker", R"("status":"in_progress")");
  CHECK(refused.status == 409);
  CHECK(refused.body.find("the job is aborted now") != std::string::npos);
  // opened again by the user: it is nobody's, so the worker that had it may go on, under its lease
  REQUIRE(f.Ask("update", kManager, R"({"status":"pending","retries":1})", job).status == 204);
  CHECK(f.Update(job, "worker", R"("status":"in_progress")").status == 204);
  f.Pass(10);
  CHECK(f.StatusOf(job) == EventStatus::kFailed);
}

TEST_CASE("a worker ends its own job under any account and name, and may still say more") {
  LeaseHub f;
  f.Source();
  const std::string job = f.Enroll("worker", kLease);
  CHECK(f.Ask("update", kService, R"({"status":"finished"})", job, "library").status == 204);
  CHECK(f.Update(job, "worker", R"("description":"all frames")").status == 204);
  f.Source();
  const std::string other = f.Enroll("worker", kLease);
  CHECK(f.Update(other, "worker", R"("status":"finished")", kManager).status == 204);
  CHECK(f.Update(other, "worker", R"("description":"all frames")").status == 204);
}

TEST_CASE("a restarted job waits, and its former worker may not take it from the next") {
  LastRun f;
  REQUIRE(f.Ask("update", kManager, R"({"status":"restarted"})", f.job).status == 204);
  f.Pass(1000);
  CHECK(f.StatusOf(f.job) == EventStatus::kRestarted);
  CHECK(f.Enroll("third", kLease) == f.job);
  CHECK(f.View(f.job).retries == 1);
  CHECK(f.Update(f.job, "second", R"("status":"finished")").status == 409);
  f.Pass(10);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("a report that arrives after the end opens the job again, with its lease") {
  LastRun f;
  REQUIRE(f.Update(f.job, "second", R"("status":"finished")").status == 204);
  f.Pass(3);
  REQUIRE(f.Update(f.job, "second", R"("status":"in_progress")").status == 204);
  f.Pass(10);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("a lease is forgotten with its job, and soon after a good end") {
  LeaseHub f;
  f.Source();
  f.Source();
  f.Source();
  const std::string more = R"(,"leaseSeconds":10,"maxRetries":-1,"concurrency":9)";
  const std::string removed = f.Enroll("a", more);
  const std::string finished = f.Enroll("a", more);
  const std::string ended = f.Enroll("b", more);
  REQUIRE(f.Ask("delete", kService, "", removed).status == 204);
  CHECK(f.life->api.leases().size() == 2);
  REQUIRE(f.Update(finished, "a", R"("status":"finished")").status == 204);
  f.Pass(11);
  CHECK(f.life->api.leases().size() == 1);  // that of the job that was failed
  CHECK(f.StatusOf(ended) == EventStatus::kFailed);
  CHECK(f.Update(removed, "a", R"("progress":1)").status == 404);
}

TEST_CASE("the source may go, and the queue may be forgotten: the lease ends all the same") {
  LastRun f;
  for (size_t i = 0; i <= kMaxFrontiers; ++i) {
    const std::string body = R"({"sourceTopic":"other.s)" + std::to_string(i) +
                             R"(","targetTopic":"other.job","sender":"x"})";
    CHECK(f.Ask("enroll", kService, body).status == 204);
  }
  f.Pass(10);
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

TEST_CASE("who asks with a lease meets no job that has none left, also one of a worker without") {
  LeaseHub f;
  f.Source();
  const std::string next = f.Source();
  const std::string job = f.Enroll("stock", R"(,"sequential":true)");
  REQUIRE(f.Update(job, "stock", R"("status":"in_progress","retries":1)").status == 204);
  const std::string more = R"(,"sequential":true,"maxRetries":0,"leaseSeconds":10)";
  f.Pass(9);
  CHECK(f.Enroll("leased", more).empty());
  f.Pass(1);
  const std::string given = f.Enroll("leased", more);
  REQUIRE(given != "");
  CHECK(f.View(given).depends_on->Hex() == next);
  CHECK(f.StatusOf(job) == EventStatus::kFailed);
  CHECK(f.Update(job, "stock", R"("status":"finished")").status == 204);
}

TEST_CASE("a job is failed by the hub before it is handed back to a worker that is late") {
  LastRun f;
  f.now_us += 10'500'000;  // between two ticks
  CHECK(f.Enroll("second", kLease).empty());
  CHECK(f.StatusOf(f.job) == EventStatus::kFailed);
}

}  // namespace
}  // namespace cuesheet::testing
