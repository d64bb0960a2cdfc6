// The role of cuesheet-hub.wasm: HTTP requests, WebSockets, and the upstream that a relay follows,
// a hub or a stock AYON server (docs/border.md, methods 10, 11 and 12).
#include "base/json.h"
#include "following.h"
#include "hub/api.h"
#include "hub/sockets.h"
#include "role.h"

namespace cuesheet {
namespace {

Result<std::optional<Caller>> CallerOf(const Frame& frame) {
  const Json* caller = FindMember(frame.header, "caller");
  if (caller == nullptr || caller->is_null()) return std::nullopt;
  return Caller::Parse(*caller);
}

class HubRole : public Role {
 public:
  HubRole(EventStore* store, EffectQueue* effects)
      : api_(&store->view(), &store->ledger(), &store->exports(), &store->files()),
        sockets_(effects, &store->view(), &api_.feed()),
        following_(store, effects, Payloads::kWithEvents),
        store_(store),
        effects_(effects) {
    store->files().OnReplay([this](const Change& change) { api_.Note(change); });
  }

  Result<std::string> Call(Method method, const Frame& frame) override {
    recipients_.reset();
    if (method == Method::kRequest) return Request(frame);
    if (method == Method::kSocket) return Socket(frame);
    if (method == Method::kReplica) return following_.Call(frame);
    return Fail(ErrorCode::kState, "outbox: a hub has none");
  }

  void AddStatus(Json& report) const override {
    const auto history = following_.connection().planner().history();
    report["history"] = history ? Json(*history) : Json();
  }
  void Publish(const Change& change) override {
    api_.Note(change);
    sockets_.Publish(change, recipients_);
  }
  void Published() override { sockets_.Published(); }

 private:
  Result<std::string> Request(const Frame& frame);
  Result<std::string> Socket(const Frame& frame);
  // A host may tick only when there is something to do.
  void WakeForLeases(Timestamp now) {
    if (const auto delay_ms = api_.leases().TakeWake(now)) effects_->Wake(*delay_ms);
  }

  HubApi api_;
  Sockets sockets_;
  Following following_;
  EventStore* store_;
  EffectQueue* effects_;
  Sockets::Names recipients_;  // of the changes that the present request makes
};

Result<std::string> HubRole::Request(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Entropy entropy, frame.TakeEntropy());
  HubRequest request;
  CUE_ASSIGN(const std::string operation, frame.Text("operation"));
  CUE_ASSIGN(request.operation, ParseHubOperation(operation));
  request.id = frame.OptionalText("id").value_or("");
  CUE_ASSIGN(request.caller, CallerOf(frame));
  request.denied = frame.OptionalText("denied").value_or(request.denied);
  if (const auto status = frame.Number("deniedStatus")) {
    request.denied_status = static_cast<int>(*status);
  }
  request.sender = frame.OptionalText("sender");
  request.sender_type = frame.OptionalText("senderType");
  request.store = frame.OptionalText("store").value_or("");
  request.body = frame.body;
  HubResponse response = api_.Handle(request, now, entropy);
  recipients_ = std::move(response.recipients);
  WakeForLeases(now);
  const bool is_durable =
      store_->view().sequence() == store_->files().durable_sequence() && api_.leases().is_saved();
  Json header = {{"status", response.status}, {"durable", is_durable}};
  if (response.next) header["next"] = *response.next;
  if (response.sequence) header["sequence"] = *response.sequence;
  return HeaderFrame(header) + '\n' + response.body;
}

Result<std::string> HubRole::Socket(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const uint64_t number, frame.Number("client"));
  CUE_ASSIGN(const std::string event, frame.Text("event"));
  if (number > UINT32_MAX) {
    return Fail(ErrorCode::kInvalid, "client: expected a number below 2^32");
  }
  const auto client = static_cast<uint32_t>(number);
  sockets_.UseStore(frame.OptionalText("store").value_or(""));
  if (event == "opened") {
    sockets_.Opened(client, now);
  } else if (event == "restored") {
    CUE_TRY(sockets_.Restored(client, frame.body));
  } else if (event == "message") {
    sockets_.Message(client, frame.body);
  } else if (event == "authenticated") {
    CUE_ASSIGN(std::optional<Caller> caller, CallerOf(frame));
    sockets_.Authenticated(client, std::move(caller));
  } else if (event == "closed") {
    sockets_.Closed(client);
  } else if (event == "tick") {
    api_.leases().Tick(now);
    WakeForLeases(now);
    sockets_.Tick(now);
  } else {
    return Fail(ErrorCode::kInvalid, "event: no socket event is called '" + event + "'");
  }
  return "{}";
}

}  // namespace

std::unique_ptr<Role> Role::Make(EventStore* store, EffectQueue* effects) {
  return std::make_unique<HubRole>(store, effects);
}

Result<StoreRole> Role::Parse(std::string_view name) {
  if (name == "hub") return StoreRole::kAuthority;
  if (name == "relay") return StoreRole::kRelay;
  return Fail(ErrorCode::kInvalid,
              "role: this is cuesheet-hub.wasm, whose roles are hub and relay, not '" +
                  std::string(name) + "'");
}

}  // namespace cuesheet
