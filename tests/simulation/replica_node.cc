#include "replica_node.h"

#include <algorithm>
#include <array>

#include "../oracle/patch.h"

namespace cuesheet::simulation {
namespace {

constexpr std::array<const char*, 3> kQueries = {
    R"({"last":20})", R"({"last":10,"statuses":["pending","in_progress"]})",
    R"({"first":5,"topics":["demo.*"]})"};

}  // namespace

ReplicaNode::ReplicaNode(Schedule* schedule, oracle::Random* random, Server* server,
                         const Network* network, std::optional<Scope> scope, Disk* disk)
    : schedule_(schedule),
      random_(random),
      host_(schedule, random, server, network, this),
      scope_(std::move(scope)),
      disk_(disk) {
  Start();
}

void ReplicaNode::Start() {
  ++life_;
  host_.Restart();
  commit_is_due_ = false;
  waiting_.clear();
  frozen_work_.clear();
  frozen_until_ = {};
  epoch_ = ++disk_->epoch;
  files_.files = disk_->files;
  up_ = std::make_unique<Up>(&files_);
  CUE_ASSERT(up_->store.files().Open().has_value());
  while (!up_->store.view().is_loaded()) CUE_ASSERT(up_->store.files().LoadNext().has_value());
  if (scope_) up_->store.ledger().SetScope(*scope_);
  OpenLive();
  up_->connection.Start(Now());
  Settle();
}

void ReplicaNode::Login() {
  if (up_->connection.state() != ConnectionState::kUnauthorized) return;
  up_->connection.Start(Now());
  Settle();
}

void ReplicaNode::Crash() { Start(); }

void ReplicaNode::Later(int64_t delay_us, std::function<void()> work) {
  const uint64_t life = life_;
  schedule_->In(delay_us, [this, life, work = std::move(work)] {
    if (life != life_) return;
    if (!IsFrozen()) return work();
    frozen_work_.push_back(work);
    if (frozen_work_.size() == 1) Thaw();
  });
}

// Runs what was due in between, in its order.
void ReplicaNode::Thaw() {
  const uint64_t life = life_;
  schedule_->In(frozen_until_.us - schedule_->now().us, [this, life] {
    if (life != life_) return;
    if (IsFrozen()) return Thaw();
    while (!frozen_work_.empty() && life == life_) {
      const auto work = std::move(frozen_work_.front());
      frozen_work_.pop_front();
      work();
    }
  });
}

// After every call, as the worker does: what may be sent is sent, and a commit follows.
void ReplicaNode::Settle() {
  Connection& connection = up_->connection;
  Outbox& outbox = up_->outbox;
  const auto pumped =
      outbox.Pump(connection.state() == ConnectionState::kLive, Now(), Draw(*random_));
  CUE_ASSERT(pumped.has_value());
  if (outbox.TakeUnauthorized()) connection.Refused(Now(), Draw(*random_));
  connection.Look(outbox.TakeQuestions(), Now());
  (void)up_->store.ledger().TakeChanges();
  ApplyPatches();
  const std::string lines = up_->effects.Take();
  for (size_t from = 0; from < lines.size();) {
    const size_t to = lines.find('\n', from);
    CarryOut(Json::parse(lines.substr(from, to - from)));
    from = to + 1;
  }
  if (std::exchange(commit_is_due_, true)) return;
  Later(1 + static_cast<int64_t>(random_->Below(3000)), [this] { Commit(); });
}

// Another one owns the disk now: nothing of this one counts any more.
void ReplicaNode::End() {
  ++life_;
  host_.Restart();
}

void ReplicaNode::Commit() {
  if (disk_->epoch != epoch_) return End();
  commit_is_due_ = false;
  const auto commit = up_->store.files().BeginCommit();
  CUE_ASSERT(commit.has_value());
  if (commit->is_needed && disk_->is_full) {
    CUE_ASSERT(up_->store.files().Committed(false).has_value());
    commit_is_due_ = true;
    return Later(1'000'000, [this] { Commit(); });
  }
  disk_->files = files_.files;
  if (commit->is_needed) CUE_ASSERT(up_->store.files().Committed(true).has_value());
  for (const auto& acknowledged : std::exchange(waiting_, {})) acknowledged();
  for (bool more = up_->store.files().IsMaintenanceDue(); more;) {
    const auto slice = up_->store.files().Maintain();
    more = slice.has_value() && *slice;
  }
}

void ReplicaNode::CarryOut(const Json& effect) {
  if (host_.CarryOut(effect)) return;
  const std::string kind = effect["effect"];
  if (kind == "wake") {
    Later(effect["delayMs"].get<int64_t>() * 1000, [this, number = ++wake_] {
      if (number == wake_) Settle();
    });
  } else if (kind == "write") {
    if (disk_->epoch != epoch_) return End();  // the worker asks for its lock
    const uint64_t request = effect["request"];
    const std::string body = effect["body"].is_null() ? "" : effect["body"].get<std::string>();
    host_.Request(effect["method"], effect["path"], body, [this, request](const Answer& answer) {
      const auto done = up_->outbox.Answered(request, answer.AsUpstream(), Now(), Draw(*random_));
      CUE_ASSERT(done.has_value());
    });
  }
}

bool ReplicaNode::Write(const Result<Outbox::Queued>& queued, std::function<void()> acknowledged) {
  if (!queued) return false;
  waiting_.push_back(std::move(acknowledged));
  Settle();
  return true;
}

bool ReplicaNode::Dispatch(const Json& body, std::function<void()> acknowledged) {
  return Write(up_->outbox.Dispatch(body, Actor{"svc", {}, {}}, Now(), Draw(*random_)),
               std::move(acknowledged));
}

bool ReplicaNode::Update(const Uuid& id, const Json& body, std::function<void()> acknowledged) {
  return Write(up_->outbox.Update(id, body, Now()), std::move(acknowledged));
}

bool ReplicaNode::Remove(const Uuid& id, std::function<void()> acknowledged) {
  return Write(up_->outbox.Remove(id, Now()), std::move(acknowledged));
}

void ReplicaNode::OpenLive() {
  pages_.clear();
  for (uint32_t live = 0; live < kQueries.size(); ++live) {
    const auto query = EventQuery::Parse(Json::parse(kQueries[live]));
    std::string page;
    CUE_ASSERT(up_->store.answers().OpenLive(live, *query, page).has_value());
    pages_[live] = Json::parse(page);
  }
}

void ReplicaNode::ApplyPatches() {
  std::string lines;
  CUE_ASSERT(up_->store.answers().TakeLivePatches(lines).has_value());
  for (size_t from = 0; from < lines.size();) {
    const size_t end = lines.find('\n', from);
    const Json line = Json::parse(lines.substr(from, end - from));
    from = end + 1;
    Json& page = pages_.at(line["live"].get<uint32_t>());
    for (const Json& patch : line["patches"]) {
      CUE_ASSERT(oracle::ApplyPatch(page["events"], patch));
    }
    page["pageInfo"] = line["pageInfo"];
  }
}

std::optional<std::string> ReplicaNode::CheckLive() const {
  for (const auto& [live, page] : pages_) {
    const auto query = EventQuery::Parse(Json::parse(kQueries[live]));
    std::string fresh;
    CUE_ASSERT(up_->store.answers().AppendPage(fresh, *query, EventForm::kRow).has_value());
    if (Json::parse(fresh) != page) {
      return "the live query " + std::string(kQueries[live]) + " shows " + page.dump();
    }
  }
  return std::nullopt;
}

std::string ReplicaNode::OutboxList() {
  std::string list;
  CUE_ASSERT(up_->outbox.AppendList(list).has_value());
  return list;
}

}  // namespace cuesheet::simulation
