#include "connection_host.h"

#include <algorithm>
#include <utility>

namespace cuesheet::simulation {

void ConnectionHost::Restart() {
  ++life_;
  Close();
}

void ConnectionHost::Close() {
  ++socket_;
  if (client_ != 0) server_->Close(std::exchange(client_, 0));
}

void ConnectionHost::Cut() {
  Close();
  owner_->Later(0, [this] {
    owner_->connection().Closed(owner_->Now(), Draw(*random_));
    owner_->Settle();
  });
}

bool ConnectionHost::CarryOut(const Json& effect) {
  const std::string kind = effect["effect"];
  if (kind == "connect") {
    Connect();
  } else if (kind == "disconnect") {
    Close();
  } else if (kind == "authenticate" && effect.contains("subscribe")) {
    Json message = effect;
    message.erase("effect");
    message.update({{"topic", "auth"}, {"token", "good"}});
    Send(message);
  } else if (kind == "acknowledge") {
    Send({{"topic", "ack"}, {"sequence", effect["sequence"]}});
  } else if (kind == "timer") {
    owner_->Later(effect["delayMs"].get<int64_t>() * 1000, [this, number = ++timer_] {
      if (number != timer_) return;
      CUE_ASSERT(owner_->connection().Timer(owner_->Now(), Draw(*random_)).has_value());
      owner_->Settle();
    });
  } else if (kind == "fetch") {
    const uint64_t request = effect["request"];
    const std::string body = effect["body"].is_null() ? "" : effect["body"].get<std::string>();
    Request(effect["method"], effect["path"], body, [this, request](const Answer& answer) {
      const auto done =
          owner_->connection().Fetched(request, answer.AsUpstream(), owner_->Now(), Draw(*random_));
      CUE_ASSERT(done.has_value());
    });
  } else if (kind == "snapshot") {
    FetchSnapshot(effect["request"], effect["path"]);
  } else {
    return false;
  }
  return true;
}

void ConnectionHost::FetchSnapshot(uint64_t request, const std::string& path) {
  Request("GET", path, "", [this, request](const Answer& answer) {
    // Sometimes only the first half comes, and sometimes nothing tells of it.
    const bool is_cut_off = answer.status == 200 && random_->Chance(network_->lost_percent);
    const size_t end =
        answer.body.rfind('\n', is_cut_off ? answer.body.size() / 2 : std::string::npos);
    const std::string_view lines =
        std::string_view(answer.body).substr(0, end == std::string::npos ? 0 : end + 1);
    Connection& connection = owner_->connection();
    const Timestamp now = owner_->Now();
    if (answer.status == 200) {
      CUE_ASSERT(connection.Snapshot(request, lines, now, Draw(*random_)).has_value());
    }
    UpstreamAnswer ended = answer.AsUpstream();
    if (answer.status == 200) ended = {.status = 200, .content_type = "application/x-ndjson"};
    if (is_cut_off && random_->Chance(50)) ended = {};
    CUE_ASSERT(connection.SnapshotEnded(request, ended, now, Draw(*random_)).has_value());
  });
}

void ConnectionHost::Connect() {
  const uint64_t socket = ++socket_;
  owner_->Later(Delay(), [this, socket] {
    if (socket != socket_) return;
    // Frames keep their order, and none comes after the socket is closed.
    const auto arrives = [this, socket](std::string_view text) {
      if (socket != socket_) return;
      const int64_t at = std::max(from_server_.us, schedule_->now().us) + Delay();
      from_server_ = {at};
      owner_->Later(at - schedule_->now().us,
                    [this, socket, frame = std::string(text)] { Arrived(socket, frame); });
    };
    client_ = network_->is_cut ? 0 : server_->Open(arrives);
    if (client_ == 0) {
      owner_->connection().Closed(owner_->Now(), Draw(*random_));
    } else {
      CUE_ASSERT(owner_->connection().Opened(owner_->Now()).has_value());
    }
    owner_->Settle();
  });
}

void ConnectionHost::Arrived(uint64_t socket, const std::string& frame) {
  if (socket != socket_) return;
  Connection& connection = owner_->connection();
  if (frame.empty()) {
    client_ = 0;
    connection.Closed(owner_->Now(), Draw(*random_));
  } else {
    CUE_ASSERT(connection.Message(frame, owner_->Now(), Draw(*random_)).has_value());
  }
  owner_->Settle();
}

void ConnectionHost::Send(const Json& frame) {
  const uint64_t socket = socket_;
  const uint32_t client = client_;
  const int64_t at = std::max(to_server_.us, schedule_->now().us) + Delay();
  to_server_ = {at};
  schedule_->In(at - schedule_->now().us, [this, socket, client, text = frame.dump()] {
    if (socket == socket_) server_->Message(client, text);
  });
}

void ConnectionHost::Request(const std::string& method, const std::string& path,
                             const std::string& body, Server::Answered answered) {
  const auto deliver = [this, answered = std::move(answered)](const Answer& answer) {
    answered(answer);
    owner_->Settle();
  };
  if (network_->is_cut || random_->Chance(network_->lost_percent)) {
    return owner_->Later(Delay(), [deliver] { deliver({}); });
  }
  const uint64_t life = life_;
  const auto comes_back = [this, life, deliver](const Answer& answer) {
    if (life != life_) return;
    const bool is_lost = network_->is_cut || random_->Chance(network_->lost_percent);
    owner_->Later(Delay(), [deliver, answer = is_lost ? Answer{} : answer] { deliver(answer); });
  };
  // The server has it even when the owner is gone by then.
  schedule_->In(Delay(), [this, method, path, body, comes_back] {
    server_->Fetch(method, path, body, comes_back);
  });
}

}  // namespace cuesheet::simulation
