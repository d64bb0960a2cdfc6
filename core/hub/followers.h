// The sockets that follow the change feed (docs/hub.md, Change feed): those whose auth message had
// `since`. They get changes as GET /api/changes shows them, in batches, each change once. A socket
// acknowledges what it has applied. With too much unacknowledged it gets nothing, and continues
// from the feed later.
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
inline constexpr size_t kBatchBytes = 256 << 10;  // or one change
inline constexpr size_t kWindowBatches = 8;       // sent and not acknowledged
inline constexpr size_t kWindowBytes = 1 << 20;   // or one batch more
inline constexpr size_t kRoundBytes = 16 << 20;   // of distinct batches, or one more
inline constexpr uint64_t kSilentSequences =
    1000;  // changes that a socket may not see before it gets `next`

// The request of an auth message.
struct FollowRequest {
  bool follows = false;
  std::optional<uint64_t> since = {};  // none = the client sent something that is not a sequence
  std::string store = {};              // "" = whichever it is
  bool wants_open_events = false;
  bool wants_payloads = false;

  static FollowRequest Parse(const Json& message);
};

class Followers {
 public:
  // Neither may be moved afterwards.
  Followers(EffectQueue* effects, const StoreView* store, ChangeFeed* feed)
      : effects_(effects), store_(store), feed_(feed) {}

  // The id of the store, as in HubRequest.
  void UseStore(std::string_view id) { store_id_ = id; }
  // Begins again with this request; a request without `since` ends following. True when the socket
  // follows from now on.
  bool Start(uint32_t client, const Caller& caller, const FollowRequest& request);
  // Restores a state from State(); kInvalid for anything else.
  Result<void> Restore(uint32_t client, const Caller& caller, const Json& state);
  void Drop(uint32_t client) { followers_.erase(client); }
  // True for a socket that gets stored changes only by the feed.
  bool Has(uint32_t client) const { return followers_.contains(client); }
  // Of batches; 0 for a socket that does not follow.
  size_t UnacknowledgedBytes(uint32_t client) const;
  // `{"sent","store","isGone"?,"payloads"?,"unacknowledged":[[next,bytes],…]}`; none = it does not
  // follow.
  std::optional<Json> State(uint32_t client) const;

  // The socket has applied everything up to the sequence. True when its state has changed.
  bool Acknowledge(uint32_t client, uint64_t sequence);
  // Sends as many batches as the socket may have. True when its state has changed.
  bool Advance(uint32_t client);
  // Sends a batch to every waiting socket; returns the sockets whose state has changed.
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
    uint64_t sent = 0;  // everything up to here was sent, or the socket may not see it
    uint64_t told = 0;  // the last `next` that it got
    bool is_gone = false;
    std::deque<Batch> unacknowledged = {};
    size_t unacknowledged_bytes = 0;
  };
  struct Message {
    uint64_t next = 0;
    std::string text;  // "" = this socket may see nothing in it
    std::vector<uint32_t> clients = {};
  };

  static std::string RightsOf(const Caller& caller);
  bool IsWaiting(const Follower& follower) const;
  bool CheckKnown(uint32_t client, Follower& follower, bool is_other_store);
  Message MessageFor(const Follower& follower) const;
  static void Note(Follower& follower, const Message& message);
  void AppendEnd(std::string& out, const Follower& follower, uint64_t next) const;
  void AppendPlace(std::string& out) const;

  EffectQueue* effects_;
  const StoreView* store_;
  ChangeFeed* feed_;
  std::string store_id_;
  std::map<uint32_t, Follower> followers_;
  uint32_t first_ = 0;  // the first socket of the next round
};

}  // namespace cuesheet
