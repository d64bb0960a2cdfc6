#include "relay_node.h"

#include <utility>

namespace cuesheet::simulation {
namespace {

constexpr int64_t kKnownUs = 30'000'000;  // worker/edge/relay-credentials.ts
constexpr const char* kSilence =
    R"({"code":503,"detail":"The upstream does not answer: nobody knows whether it has done this"})";

}  // namespace

RelayNode::RelayNode(Schedule* schedule, oracle::Random* random, Server* upstream)
    : HubFront(schedule, random), host_(schedule, random, upstream, &network_, this) {
  Start();
}

void RelayNode::Start() {
  up_ = std::make_unique<Up>("relay-" + std::to_string(++life_));
  up_->connection.Start(Now());
  (void)Commit();
}

void RelayNode::Crash() {
  up_ = nullptr;
  ++life_;
  known_ = 0;
  host_.Restart();
  DropClients();
  for (const auto& [number, answered] : std::exchange(held_, {})) answered({});
}

void RelayNode::Checkpoint() {
  if (!is_up()) return;
  up_->hub.store.files().DemandCheckpoint();
  while (up_->hub.store.files().Maintain().value()) {
  }
  (void)Commit();
}

void RelayNode::Later(int64_t delay_us, std::function<void()> work) {
  schedule_->In(delay_us, [this, life = life_, work = std::move(work)] {
    if (life == life_) work();
  });
}

// As Following::Drain, then as the hub's role; what is in memory is committed at once.
bool RelayNode::Commit() {
  Outbox& outbox = up_->outbox;
  const bool may_send = up_->connection.state() == ConnectionState::kLive;
  CUE_ASSERT(outbox.Pump(may_send, Now(), Draw(*random_)).has_value());
  if (outbox.TakeUnauthorized()) up_->connection.Refused(Now(), Draw(*random_));
  up_->connection.Look(outbox.TakeQuestions(), Now());
  Publish();
  const auto commit = up_->hub.store.files().BeginCommit();
  CUE_ASSERT(commit.has_value());
  if (commit->is_needed) CUE_ASSERT(up_->hub.store.files().Committed(true).has_value());
  CarryOutAll();
  return true;
}

uint64_t RelayNode::Hold(Answered answered) {
  held_[++last_held_] = std::move(answered);
  return last_held_;
}

void RelayNode::Release(uint64_t number, const Answer& answer) {
  if (auto held = held_.extract(number)) held.mapped()(answer);
}

void RelayNode::Fetch(const std::string& method, const std::string& path, const std::string& body,
                      Answered answered) {
  if (!is_up()) return answered({});
  const uint64_t number = Hold(std::move(answered));
  const bool is_read = method == "GET" || path == "/graphql" || path == "/api/query";
  if (!is_read) return AskUpstream(number, method, path, body);
  Identify([this, number, method, path, body](int status) {
    const Answer answer = status == 200 ? Serve(method, path, body) : Answer{status, kSilence};
    if (answer.status == 404) return AskUpstream(number, method, path, body);
    Release(number, answer);
  });
}

void RelayNode::AskUpstream(uint64_t number, const std::string& method, const std::string& path,
                            const std::string& body) {
  host_.Request(method, path, body, [this, number](const Answer& answer) {
    Release(number, answer.status == 0 ? Answer{503, kSilence} : answer);
  });
}

void RelayNode::Identify(std::function<void(int)> known) {
  if (known_ != 0 && Now() < known_until_) return known(known_);
  host_.Request("GET", "/api/users/me", "", [this, known = std::move(known)](const Answer& answer) {
    const int status = answer.status == 0 ? 503 : answer.status;
    known_ = status < 500 ? status : 0;
    known_until_ = {Now().us + kKnownUs};
    known(status);
  });
}

void RelayNode::LookUp(uint32_t client, const std::string& token) {
  if (token != "good") return Authenticated(client, false);
  Identify([this, client](int status) { Authenticated(client, status == 200); });
}

}  // namespace cuesheet::simulation
