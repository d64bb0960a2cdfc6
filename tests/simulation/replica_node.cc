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
      server_(server),
      network_(network),
      scope_(std::move(scope)),
      disk_(disk) {
  Start();
}

void ReplicaNode::Start() {
  ++life_;
  ++socket_;
  commit_is_due_ = false;
  waiting_.clear();
  frozen_work_.clear();
  frozen_until_ = {};
  epoch_ = ++disk_->epoch;
  files_.files = disk_->files;
  up_ = std::make_unique<Up>(&files_);
  CUE_ASSERT(up_->store.Open().has_value());
  while (!up_->store.is_loaded()) CUE_ASSERT(up_->store.LoadNext().has_value());
  if (scope_) up_->store.SetScope(*scope_);
  OpenLive();
  up_->connection.Start(Now());
  Settle();
}

void ReplicaNode::Login() {
  if (up_->connection.state() != ConnectionState::kUnauthorized) return;
  up_->connection.Start(Now());
  Settle();
}

void ReplicaNode::Crash() {
  Cut();
  Start();
}

void ReplicaNode::Cut() {
  ++socket_;
  if (client_ != 0) server_->Close(std::exchange(client_, 0));
  Later(0, [this] {
    up_->connection.Closed(Now(), Draw(*random_));
    Settle();
  });
}

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
  if (outbox.TakeUnauthorized()) connection.Refused();
  connection.Look(outbox.TakeRereads(), outbox.TakeWalkWanted(), Now());
  (void)up_->store.TakeChanges();
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
  ++socket_;
  if (client_ != 0) server_->Close(std::exchange(client_, 0));
}

void ReplicaNode::Commit() {
  if (disk_->epoch != epoch_) return End();
  commit_is_due_ = false;
  const auto commit = up_->store.BeginCommit();
  CUE_ASSERT(commit.has_value());
  if (commit->is_needed && disk_->is_full) {
    CUE_ASSERT(up_->store.Committed(false).has_value());
    commit_is_due_ = true;
    return Later(1'000'000, [this] { Commit(); });
  }
  disk_->files = files_.files;
  if (commit->is_needed) CUE_ASSERT(up_->store.Committed(true).has_value());
  for (const auto& acknowledged : std::exchange(waiting_, {})) acknowledged();
  for (bool more = up_->store.IsMaintenanceDue(); more;) {
    const auto slice = up_->store.Maintain();
    more = slice.has_value() && *slice;
  }
}

void ReplicaNode::CarryOut(const Json& effect) {
  const std::string kind = effect["effect"];
  if (kind == "connect") {
    Connect();
  } else if (kind == "disconnect") {
    ++socket_;
    if (client_ != 0) server_->Close(std::exchange(client_, 0));
  } else if (kind == "authenticate") {
    Json message = effect;
    message.erase("effect");
    message.update({{"topic", "auth"}, {"token", "good"}});
    Send(message);
  } else if (kind == "acknowledge") {
    Send({{"topic", "ack"}, {"sequence", effect["sequence"]}});
  } else if (kind == "timer" || kind == "wake") {
    uint64_t& current = kind == "timer" ? timer_ : wake_;
    const uint64_t number = ++current;
    Later(effect["delayMs"].get<int64_t>() * 1000, [this, number, &current] {
      if (number != current) return;
      if (&current == &timer_) {
        CUE_ASSERT(up_->connection.Timer(Now(), Draw(*random_)).has_value());
      }
      Settle();
    });
  } else if (kind == "fetch") {
    const uint64_t request = effect["request"];
    const std::string body = effect["body"].is_null() ? "" : effect["body"].get<std::string>();
    Request(effect["method"], effect["path"], body, [this, request](const Answer& answer) {
      const auto done =
          up_->connection.Fetched(request, answer.status, answer.body, Now(), Draw(*random_));
      CUE_ASSERT(done.has_value());
    });
  } else if (kind == "write") {
    if (disk_->epoch != epoch_) return End();  // the worker asks for its lock
    const uint64_t request = effect["request"];
    const std::string body = effect["body"].is_null() ? "" : effect["body"].get<std::string>();
    Request(effect["method"], effect["path"], body, [this, request](const Answer& answer) {
      const auto done =
          up_->outbox.Answered(request, answer.status, answer.body, Now(), Draw(*random_));
      CUE_ASSERT(done.has_value());
    });
  } else if (kind == "snapshot") {
    const uint64_t request = effect["request"];
    Request("GET", "/api/snapshot", "", [this, request](const Answer& answer) {
      // Sometimes only the first half comes.
      const bool is_cut_off = answer.status == 200 && random_->Chance(network_->lost_percent);
      const size_t end =
          answer.body.rfind('\n', is_cut_off ? answer.body.size() / 2 : std::string::npos);
      const std::string_view lines =
          std::string_view(answer.body).substr(0, end == std::string::npos ? 0 : end + 1);
      if (answer.status == 200) {
        CUE_ASSERT(up_->connection.Snapshot(request, lines, Now(), Draw(*random_)).has_value());
      }
      const int status = is_cut_off ? 0 : answer.status;
      CUE_ASSERT(up_->connection.SnapshotEnded(request, status, Now(), Draw(*random_)).has_value());
    });
  }
}

void ReplicaNode::Connect() {
  const uint64_t socket = ++socket_;
  Later(Delay(), [this, socket] {
    if (socket != socket_) return;
    // Frames keep their order, and none comes after the socket is closed.
    const auto arrives = [this, socket](std::string_view text) {
      const int64_t at = std::max(from_server_.us, schedule_->now().us) + Delay();
      from_server_ = {at};
      Later(at - schedule_->now().us, [this, socket, frame = std::string(text)] {
        if (socket != socket_) return;
        if (frame.empty()) {
          client_ = 0;
          up_->connection.Closed(Now(), Draw(*random_));
        } else {
          CUE_ASSERT(up_->connection.Message(frame, Now(), Draw(*random_)).has_value());
        }
        Settle();
      });
    };
    client_ = network_->is_cut ? 0 : server_->Open(arrives);
    if (client_ == 0) {
      up_->connection.Closed(Now(), Draw(*random_));
    } else {
      CUE_ASSERT(up_->connection.Opened(Now()).has_value());
    }
    Settle();
  });
}

void ReplicaNode::Send(const Json& frame) {
  const uint64_t socket = socket_;
  const uint32_t client = client_;
  const int64_t at = std::max(to_server_.us, schedule_->now().us) + Delay();
  to_server_ = {at};
  schedule_->In(at - schedule_->now().us, [this, socket, client, text = frame.dump()] {
    if (socket == socket_) server_->Message(client, text);
  });
}

// Requests and answers overtake each other, and get lost: before the hub has them, or after.
void ReplicaNode::Request(const std::string& method, const std::string& path,
                          const std::string& body, std::function<void(const Answer&)> answered) {
  const auto deliver = [this, answered = std::move(answered)](const Answer& answer) {
    answered(answer);
    Settle();
  };
  if (network_->is_cut || random_->Chance(network_->lost_percent)) {
    return Later(Delay(), [deliver] { deliver({}); });
  }
  const uint64_t life = life_;
  // The server has it even when the replica has ended by then.
  schedule_->In(Delay(), [this, life, method, path, body, deliver] {
    const Answer answer = server_->Fetch(method, path, body);
    if (life != life_) return;
    const bool is_lost = network_->is_cut || random_->Chance(network_->lost_percent);
    Later(Delay(), [deliver, answer = is_lost ? Answer{} : answer] { deliver(answer); });
  });
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
    CUE_ASSERT(up_->store.OpenLive(live, *query, page).has_value());
    pages_[live] = Json::parse(page);
  }
}

void ReplicaNode::ApplyPatches() {
  std::string lines;
  CUE_ASSERT(up_->store.TakeLivePatches(lines).has_value());
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
    CUE_ASSERT(up_->store.AppendPage(fresh, *query, EventForm::kRow).has_value());
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
