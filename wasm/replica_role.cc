// The role of cuesheet.wasm: the connection to an upstream (docs/border.md, method 12) and the
// writes that wait for it (27).
#include "base/json.h"
#include "event/request.h"
#include "following.h"
#include "role.h"

namespace cuesheet {
namespace {

class ReplicaRole : public Role {
 public:
  ReplicaRole(EventStore* store, EffectQueue* effects)
      : following_(store, effects, Payloads::kOnDemand), outbox_(following_.outbox()) {}

  Result<std::string> Call(Method method, const Frame& frame) override {
    if (method == Method::kReplica) return following_.Call(frame);
    if (method == Method::kOutbox) return Write(frame);
    return Fail(ErrorCode::kState, "request, socket: this store is no hub");
  }

  void AddStatus(Json& report) const override {
    const Outbox::Counts counts = outbox_.counts();
    report["queuedWrites"] = counts.queued;
    report["blockedWrites"] = counts.blocked;
    report["refusedWrites"] = counts.refused;
    const std::string& intercepted = following_.intercepted();
    report["intercepted"] = intercepted.empty() ? Json() : Json(intercepted);
    report["heldWrites"] = counts.held;
    const auto history = following_.connection().planner().history();
    report["history"] = history ? Json(*history) : Json();
  }
  void Publish(const Change& /*change*/) override {}

 private:
  Result<std::string> Write(const Frame& frame);
  Result<Json> Change(const std::string& event, const Frame& frame, Timestamp now);

  Following following_;
  Outbox& outbox_;
};

Result<Json> BodyOf(const Frame& frame) {
  if (frame.body.size() > kMaxEventBytes) {
    return Fail(ErrorCode::kTooLarge, "the body is larger than " + std::to_string(kMaxEventBytes) +
                                          " bytes, the limit for an event");
  }
  return ParseJson(frame.body);
}

Result<Uuid> IdOf(const Frame& frame) {
  CUE_ASSIGN(const std::string text, frame.Text("id"));
  const auto id = Uuid::Parse(text);
  if (id) return *id;
  return Fail(ErrorCode::kInvalid, "id: expected 32 lower-case hex digits, got '" + text + "'");
}

Json QueuedJson(const Outbox::Queued& queued) {
  return {{"number", queued.number}, {"id", queued.id.Hex()}};
}

// The header of the answer to an event that changes or reads the outbox.
Result<Json> ReplicaRole::Change(const std::string& event, const Frame& frame, Timestamp now) {
  CUE_ASSIGN(const Entropy entropy, frame.TakeEntropy());
  if (event == "dispatch") {
    const Actor actor{frame.OptionalText("user"), frame.OptionalText("sender"),
                      frame.OptionalText("senderType")};
    CUE_ASSIGN(Json body, BodyOf(frame));
    CUE_ASSIGN(const Outbox::Queued queued, outbox_.Dispatch(std::move(body), actor, now, entropy));
    return QueuedJson(queued);
  }
  if (event == "update") {
    CUE_ASSIGN(const Uuid id, IdOf(frame));
    CUE_ASSIGN(Json body, BodyOf(frame));
    CUE_ASSIGN(const Outbox::Queued queued, outbox_.Update(id, std::move(body), now));
    return QueuedJson(queued);
  }
  if (event == "remove") {
    CUE_ASSIGN(const Uuid id, IdOf(frame));
    CUE_ASSIGN(const Outbox::Queued queued, outbox_.Remove(id, now));
    return QueuedJson(queued);
  }
  if (event == "answer") {
    CUE_ASSIGN(const uint64_t request, frame.Number("request"));
    CUE_ASSIGN(const UpstreamAnswer answer, Following::AnswerOf(frame));
    CUE_TRY(outbox_.Answered(request, answer, now, entropy));
    return Json::object();
  }
  if (event == "retry" || event == "discard") {
    CUE_ASSIGN(const uint64_t number, frame.Number("number"));
    CUE_TRY(event == "retry" ? outbox_.Retry(number, now) : outbox_.Discard(number));
    return Json::object();
  }
  if (event == "wake") return Json::object();
  return Fail(ErrorCode::kInvalid, "event: no outbox event is called '" + event + "'");
}

Result<std::string> ReplicaRole::Write(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Entropy entropy, frame.TakeEntropy());
  CUE_ASSIGN(const std::string event, frame.Text("event"));
  if (event == "list") {
    std::string out = "{}\n";
    CUE_TRY(outbox_.AppendList(out));
    return out;
  }
  CUE_ASSIGN(const Json header, Change(event, frame, now));
  CUE_TRY(following_.Drain(now, entropy));
  return HeaderFrame(header);
}

}  // namespace

std::unique_ptr<Role> Role::Make(EventStore* store, EffectQueue* effects) {
  return std::make_unique<ReplicaRole>(store, effects);
}

Result<StoreRole> Role::Parse(std::string_view name) {
  if (name == "local") return StoreRole::kAuthority;
  if (name == "replica") return StoreRole::kReplica;
  return Fail(ErrorCode::kInvalid,
              "role: this is cuesheet.wasm, whose roles are local and replica, not '" +
                  std::string(name) + "'");
}

}  // namespace cuesheet
