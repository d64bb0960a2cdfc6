// The role of cuesheet.wasm: the connection to an upstream (docs/border.md, method 12).
#include "replica/connection.h"
#include "role.h"

namespace cuesheet {
namespace {

class ReplicaRole : public Role {
 public:
  ReplicaRole(EventStore* store, EffectQueue* effects) : connection_(store, effects) {}

  Result<std::string> Call(Method method, const Frame& frame) override {
    if (method == Method::kReplica) return Replica(frame);
    return Fail(ErrorCode::kState, "request, socket: this store is no hub");
  }

  void Publish(const Change& /*change*/) override {}

 private:
  Result<std::string> Replica(const Frame& frame);

  Connection connection_;
};

Result<std::string> ReplicaRole::Replica(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Entropy entropy, frame.TakeEntropy());
  CUE_ASSIGN(const std::string event, frame.Text("event"));
  if (event == "start") {
    connection_.Start(now);
  } else if (event == "stop") {
    connection_.Stop();
  } else if (event == "opened") {
    connection_.Opened(now);
  } else if (event == "closed") {
    connection_.Closed(now, entropy);
  } else if (event == "online") {
    connection_.Online(now);
  } else if (event == "offline") {
    connection_.Offline();
  } else if (event == "timer") {
    connection_.Timer(now, entropy);
  } else if (event == "message") {
    CUE_TRY(connection_.Message(frame.body, now));
  } else if (event == "fetched") {
    CUE_ASSIGN(const uint64_t request, frame.Number("request"));
    CUE_ASSIGN(const uint64_t status, frame.Number("status"));
    CUE_TRY(connection_.Fetched(request, static_cast<int>(status), frame.body, now, entropy));
  } else {
    return Fail(ErrorCode::kInvalid, "event: no replica event is called '" + event + "'");
  }
  return HeaderFrame({{"state", ConnectionStateName(connection_.state())}});
}

}  // namespace

Result<std::unique_ptr<Role>> Role::Make(std::string_view name, EventStore* store,
                                         EffectQueue* effects) {
  if (name == "replica") return std::make_unique<ReplicaRole>(store, effects);
  return Fail(ErrorCode::kInvalid, "role: this is cuesheet.wasm, whose role is replica, not '" +
                                       std::string(name) + "'");
}

}  // namespace cuesheet
