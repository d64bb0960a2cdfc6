#include <catch2/catch_amalgamated.hpp>

#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

// A queue from demo.source to demo.job.
struct Queue : StoreFixture {
  std::optional<Uuid> Enroll(const std::string& sender, std::string_view more = "") {
    std::string body = R"({"sourceTopic":"demo.source","targetTopic":"demo.job")";
    body += more;
    const auto request = ParseEnrollRequest(Json::parse(body + '}'));
    CUE_ASSERT(request.has_value());
    return store.ledger().Enroll(*request, {"service", sender, "worker"}, Now(), Draw()).value();
  }
  Uuid Source() { return Dispatch(R"({"topic":"demo.source"})"); }
  std::optional<Uuid> SourceOf(const std::optional<Uuid>& job) {
    return job ? View(*job).depends_on : std::nullopt;
  }
};

TEST_CASE("a queue goes on after its history has changed in every way") {
  Queue q;
  const Uuid first = q.Source();
  const Uuid second = q.Source();
  const auto job = q.Enroll("a");
  CHECK(q.SourceOf(job) == first);
  REQUIRE(q.Update(*job, R"({"status":"finished"})"));
  CHECK(q.SourceOf(q.Enroll("a")) == second);
  // the settled job goes: its source is open again
  REQUIRE(q.store.ledger().Remove(*job));
  CHECK(q.SourceOf(q.Enroll("b")) == first);
  // a source that is no longer finished is none
  REQUIRE(q.Update(q.Source(), R"({"status":"failed"})"));
  CHECK_FALSE(q.Enroll("c"));
  const Uuid late = q.Source();
  CHECK(q.SourceOf(q.Enroll("c")) == late);
}

TEST_CASE("an aborted job settles its source") {
  Queue q;
  q.Source();
  REQUIRE(q.Update(*q.Enroll("a"), R"({"status":"aborted"})"));
  CHECK_FALSE(q.Enroll("a"));
}

TEST_CASE("a job whose lease has ended is offered to others, as a retry") {
  Queue q;
  q.Source();
  const auto job = q.Enroll("dead", R"(,"leaseSeconds":60)");
  REQUIRE(q.Update(*job, R"({"status":"in_progress"})"));
  CHECK_FALSE(q.Enroll("b", R"(,"leaseSeconds":60)"));
  q.now_us += 61'000'000;
  CHECK_FALSE(q.Enroll("b"));
  CHECK(q.Enroll("b", R"(,"leaseSeconds":60)") == job);
  CHECK(q.View(*job).retries == 1);
  CHECK(q.View(*job).sender == "b");
  CHECK(q.View(*job).status == EventStatus::kPending);
  CHECK(q.View(*job).description == "Restarting abandoned event");
  CHECK_FALSE(q.Enroll("c", R"(,"leaseSeconds":60)"));
}

TEST_CASE("a lease ends no more often than the retries allow") {
  Queue q;
  q.Source();
  for (int run = 0; run < 3; ++run) {
    CHECK(q.Enroll("w" + std::to_string(run), R"(,"leaseSeconds":1,"maxRetries":1)"));
    q.now_us += 10'000'000;
  }
  CHECK_FALSE(q.Enroll("last", R"(,"leaseSeconds":1,"maxRetries":1)"));
}

TEST_CASE("the number of retries stays at the largest one") {
  Queue q;
  q.Source();
  const std::string_view more = R"(,"maxRetries":3000000000)";
  const auto job = q.Enroll("a", more);
  REQUIRE(q.Update(*job, R"({"status":"failed","retries":2147483647})"));
  CHECK(q.Enroll("a", more) == job);
  CHECK(q.View(*job).retries == INT32_MAX);
}

TEST_CASE("a failed job waits twice as long with every retry") {
  Queue q;
  q.Source();
  const std::string_view more = R"(,"retryBackoffSeconds":10)";
  const auto job = q.Enroll("a", more);
  for (const int64_t seconds : {10, 20, 40}) {
    REQUIRE(q.Update(*job, R"({"status":"failed"})"));
    q.now_us += (seconds - 2) * 1'000'000;
    CHECK_FALSE(q.Enroll("a", more));
    q.now_us += 1'000'000;
    CHECK(q.Enroll("a", more) == job);
  }
}

TEST_CASE("a sender holds as many jobs as it may, then is reminded of its oldest") {
  Queue q;
  std::vector<Uuid> sources;
  for (int i = 0; i < 4; ++i) sources.push_back(q.Source());
  const std::string_view more = R"(,"concurrency":2)";
  const auto first = q.Enroll("a", more);
  CHECK(q.SourceOf(first) == sources[0]);
  CHECK(q.SourceOf(q.Enroll("a", more)) == sources[1]);
  CHECK(q.Enroll("a", more) == first);
  CHECK(q.SourceOf(q.Enroll("b", more)) == sources[2]);
  CHECK(q.Enroll("a") == first);  // AYON's rule without it
  REQUIRE(q.Update(*first, R"({"status":"finished"})"));
  CHECK(q.SourceOf(q.Enroll("a", more)) == sources[3]);
}

TEST_CASE("additions to the request have limits") {
  for (const std::string_view more :
       {R"("leaseSeconds":-1)", R"("leaseSeconds":90000)", R"("concurrency":100000)",
        R"("retryBackoffSeconds":"long")"}) {
    const std::string body =
        R"({"sourceTopic":"demo.a","targetTopic":"demo.b",)" + std::string(more) + '}';
    CHECK_FALSE(ParseEnrollRequest(Json::parse(body)));
  }
}

}  // namespace
}  // namespace cuesheet::testing
