// The sockets that follow the change feed (docs/hub.md, Change feed): those whose auth message had
// `since`. They get changes as GET /api/changes shows them, in batches, each change once. A socket
// acknowledges what it has taken; with too much on its way it is sent nothing, and goes on from the
// feed later.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/effects.h"
#include "base/json_fwd.h"
#include "base/result.h"
#include "hub/caller.h"
#include "hub/change_feed.h"
#include "store/store_view.h"

namespace cuesheet {

inline constexpr size_t kBatchChanges = 100;
inline constexpr size_t kBatchBytes = 256 << 10;    // or one change
inline constexpr size_t kWindowBatches = 8;         // sent and not acknowledged
inline constexpr size_t kWindowBytes = 1 << 20;     // or one batch more
inline constexpr size_t kRoundBytes = 16 << 20;     // of distinct batches, or one more
inline constexpr uint64_t kSilentSequences = 1000;  // changes of others before `next` is told

// What an auth message asks for.
struct FollowRequest {
  bool follows = false;
  std::optional<uint64_t> since = {};  // none = what it sent is no sequence
  std::string store = {};              // "" = whichever it is
  bool wants_open_events = false;
  bool wants_payloads = false;

  static FollowRequest Parse(const Json& message);
};

class Followers {
 public:
  // Neither is moved afterwards.
  Followers(EffectQueue* effects, const StoreView* store, ChangeFeed* feed)
      : effects_(effects), store_(store), feed_(feed) {}

  // The id of the store, as in HubRequest.
  void UseStore(std::string_view id) { store_id_ = id; }
  // Begins anew with what the message asked for; a request that does not follow ends it. True when
  // the socket follows from now on.
  bool Start(uint32_t client, const Caller& caller, const FollowRequest& request);
  // Takes back what State gave; kInvalid for anything else.
  Result<void> Restore(uint32_t client, const Caller& caller, const Json& state);
  void Drop(uint32_t client) { followers_.erase(client); }
  // True for a socket that hears of stored changes by the feed only.
  bool Has(uint32_t client) const { return followers_.contains(client); }
  // Of batches; 0 for a socket that does not follow.
  size_t UnacknowledgedBytes(uint32_t client) const;
  // `{"sent","store","isGone"?,"payloads"?,"unacknowledged":[[next,bytes],…]}`; none = it does not
  // follow.
  std::optional<Json> State(uint32_t client) const;

  // The socket has taken everything up to the sequence. True when its state is another now.
  bool Acknowledge(uint32_t client, uint64_t sequence);
  // Sends as many batches as the socket may have. True when its state is another now.
  bool Advance(uint32_t client);
  // A batch for everyone who waits for one; returns whose state is another now.
  std::vector<uint32_t> AdvanceAll();

 private:
  struct Batch {
    uint64_t next = 0;
    size_t bytes = 0;
  };
  struct Follower {
    Caller caller;
    std::string rights;  // followers of equal rights see the same
    bool with_payloads = false;
    uint64_t sent = 0;  // everything up to here was sent, or is not for this socket
    uint64_t told = 0;  // the last `next` that it knows
    bool is_gone = false;
    std::deque<Batch> unacknowledged = {};
    size_t unacknowledged_bytes = 0;
  };
  struct Message {
    uint64_t next = 0;
    std::string text;  // "" = nothing in it is for this socket
    std::vector<uint32_t> clients = {};
  };

  static std::string RightsOf(const Caller& caller);
  bool IsWaiting(const Follower& follower) const;
  bool CheckKnown(uint32_t client, Follower& follower, bool is_other_store);
  Message MessageFor(const Follower& follower) const;
  static void Note(Follower& follower, const Message& message);
  void AppendPlace(std::string& out) const;

  EffectQueue* effects_;
  const StoreView* store_;
  ChangeFeed* feed_;
  std::string store_id_;
  std::map<uint32_t, Follower> followers_;
  uint32_t first_ = 0;  // who is served first in the next round
};

}  // namespace cuesheet
