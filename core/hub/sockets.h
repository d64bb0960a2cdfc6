// The hub's WebSocket clients: authentication deadline, subscriptions, which client gets which
// message, heartbeat (protocol.md 9). The host owns the sockets and the tokens and carries out the
// effects.
// A socket whose auth message has `since` follows the change feed instead (followers.h).
// A host whose sockets outlive the hub (Cloudflare's hibernation) keeps the `state` of each effect
// `remember` with its socket and gives it back with Restored.
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
#include "base/timestamp.h"
#include "event/change.h"
#include "hub/caller.h"
#include "hub/followers.h"

namespace cuesheet {

// A socket that has not sent a token by then is closed; the interval of heartbeats (protocol.md 9).
inline constexpr int64_t kAuthDeadlineUs = 3'000'000;
inline constexpr int64_t kHeartbeatUs = 5'000'000;
inline constexpr size_t kMaxSubscriptions = 1000;   // per socket; more are ignored
inline constexpr size_t kMaxUnreadBytes = 4 << 20;  // sent by logins without an acknowledgement
inline constexpr size_t kMaxWaitingLogins = 16;     // auth messages whose token is being looked up

class Sockets {
 public:
  // Neither may be moved afterwards.
  Sockets(EffectQueue* effects, const StoreView* store, ChangeFeed* feed)
      : effects_(effects), store_(store), followers_(effects, store, feed) {}

  // The id of the store, by which a follower notices another store.
  void UseStore(std::string_view id) { followers_.UseStore(id); }

  void Opened(uint32_t client, Timestamp now);
  // Restores an authenticated socket that outlived the hub, with the same user and subscription.
  // kInvalid for a state that `remember` did not make.
  Result<void> Restored(uint32_t client, std::string_view state);
  void Closed(uint32_t client);
  // Anything but an auth message with a token, and `ack` of a follower, is ignored.
  void Message(uint32_t client, std::string_view text);
  // The answer to the oldest `identify` effect of the client; none = no user has the token.
  void Authenticated(uint32_t client, std::optional<Caller> caller);
  // Closes sockets that missed the deadline and sends heartbeats. Call it once a second.
  void Tick(Timestamp now);

  // User names; none = everybody.
  using Names = std::optional<std::vector<std::string>>;
  // Sends the change to every recipient that may see it. Removals send nothing, as with AYON.
  // Followers get only transient changes here; the feed brings the others.
  void Publish(const Change& change, const Names& recipients = {});
  // Call this when all changes of a call are in the feed.
  void Published();
  // The clients that a message reaches.
  std::vector<uint32_t> Recipients(std::string_view topic,
                                   const std::optional<std::string>& project,
                                   const Names& recipients) const;

 private:
  struct Subscription {
    std::vector<std::string> prefixes;
    bool everything = false;
    std::optional<std::string> project;
    FollowRequest follow;
  };
  struct Client {
    Timestamp opened = {};
    std::optional<Caller> caller = {};  // none = not authorized yet
    Subscription subscription = {};
    std::deque<Subscription> waiting = {};
    size_t unread = 0;  // bytes that earlier logins have brought, of which none is acknowledged
  };

  static Subscription SubscriptionOf(const Json& message);
  void AskForLogin(uint32_t number, Client& client, const Json& message);
  void SendOpenEvents(uint32_t number, Client& client);
  void Acknowledge(uint32_t number, Client& client, const Json& message);
  void RememberFollower(uint32_t number);
  void Remember(uint32_t number, const Client& client);
  static bool Asks(const Subscription& subscription, std::string_view topic);
  static bool Reaches(const Client& client, std::string_view topic,
                      const std::optional<std::string>& project);

  EffectQueue* effects_;
  const StoreView* store_;
  Followers followers_;
  std::map<uint32_t, Client> clients_;
  std::optional<Timestamp> last_heartbeat_;
};

}  // namespace cuesheet
