// The hub's operations: takes a request from a route and makes the HTTP answer (protocol.md 3-8).
// The order of checks is AYON's: JSON, credentials, guests, path and body, rules, store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/request.h"
#include "hub/caller.h"
#include "hub/change_feed.h"
#include "hub/graphql_plan.h"
#include "hub/leases.h"
#include "hub/operations.h"
#include "query/event_query.h"
#include "store/exports.h"
#include "store/ledger.h"
#include "store/store_view.h"

namespace cuesheet {

struct HubRequest {
  HubOperation operation = HubOperation::kGet;
  std::string id;  // from the path, unchanged
  std::optional<Caller> caller;
  std::string denied = "Access token is missing";  // why there is no caller
  int denied_status = 401;
  std::optional<std::string> sender;  // headers, unchanged
  std::optional<std::string> sender_type;
  std::string store{};  // the id of the store, by which a client notices another one
  std::string_view body;
};

struct HubResponse {
  int status = 200;
  std::string body;
  // The only users whose sockets may receive the request's changes; none = no restriction.
  std::optional<std::vector<std::string>> recipients{};
  // For a part of a snapshot or an export: what the request for the next part names (none = this
  // was the last). With the first part of a snapshot, the sequence after which the changes
  // continue.
  std::optional<std::string> next{};
  std::optional<uint64_t> sequence{};
};

// AYON's refusal of a request that breaks its schema; `root` says where the errors are (request.h,
// ValidationBody).
HubResponse InvalidRequest(const HubRequest& request, const FieldErrors& errors,
                           std::string_view root = "body");

// The answer to a refusal of the store: `{"code","detail"}` with the status for the code.
HubResponse Refuse(const Error& error);

inline constexpr size_t kMaxRecipients = 1000;         // names in a dispatch
inline constexpr size_t kSnapshotPartBytes = 1 << 20;  // or one event more
inline constexpr size_t kColumnsPartBytes = 2 << 20;   // of all but the first
inline constexpr size_t kMaxBatchEntries = 1000;
inline constexpr size_t kMaxBatchBytes = 8 << 20;  // of the whole body

class HubApi {
 public:
  // None of the five may be moved afterwards. Before the store is opened its replay goes to
  // Note(), so that the changes in its journal are known.
  HubApi(const StoreView* store, Ledger* ledger, Exports* exports, Lifecycle* files)
      : store_(store), ledger_(ledger), exports_(exports), leases_(store, ledger, files) {}
  HubApi(const HubApi&) = delete;
  HubApi& operator=(const HubApi&) = delete;
  // Call this with every change of the store, in order.
  void Note(const Change& change);
  ChangeFeed& feed() { return feed_; }
  Leases& leases() { return leases_; }
  // Always an answer; a refusal has its status and AYON's body. 503 when the store cannot write, or
  // when the answer needs events that are not loaded yet; 507 when memory is full.
  HubResponse Handle(const HubRequest& request, Timestamp now, const Entropy& entropy);

 private:
  // The request has passed the checks that all operations share.
  HubResponse Answer(const HubRequest& request, const Json& body, Timestamp now,
                     const Entropy& entropy);
  HubResponse Dispatch(const HubRequest& request, const Json& body, Timestamp now,
                       const Entropy& entropy);
  HubResponse DispatchBatch(const HubRequest& request, const Json& body, Timestamp now,
                            const Entropy& entropy);
  Result<Uuid> DispatchOne(const HubRequest& request, const DispatchRequest& dispatch,
                           Timestamp now, const Entropy& entropy);
  HubResponse Get(const HubRequest& request);
  HubResponse Update(const HubRequest& request, const Json& body, Timestamp now);
  HubResponse Remove(const HubRequest& request);
  HubResponse Query(const HubRequest& request, const Json& body);
  HubResponse EventOps(const HubRequest& request, const Json& body);
  HubResponse Enroll(const HubRequest& request, const Json& body, Timestamp now,
                     const Entropy& entropy);
  HubResponse Changes(const HubRequest& request, const Json& arguments);
  HubResponse Snapshot(const HubRequest& request, const Json& arguments);
  HubResponse Export(const HubRequest& request, const Json& arguments, Timestamp now);
  static std::string LoadingBody();
  HubResponse RemoveMatching(const QueryFilter& filter);
  HubResponse GraphqlEvents(const HubRequest& request, const Json& arguments);
  HubResponse AnswerPlan(const HubRequest& request);
  // The page that the caller may see; narrows the query to it. kLoading; as StoreView::Judging().
  Result<EventPage> PageFor(const Caller& caller, EventQuery& query) const;
  static HubResponse RefusePage(const Error& error);

  const StoreView* store_;
  Ledger* ledger_;
  Exports* exports_;
  ChangeFeed feed_;
  Leases leases_;
  KnownSelections selections_;
};

}  // namespace cuesheet
