// What the core asks its host to do: one function for each effect, and no other way to add one.
// Each adds a line of JSON; the host takes the lines after every call and carries them out in their
// order. docs/border.md has the same list for hosts, tests/unit/effects.ndjson an example of each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cuesheet {

// An HTTP request to the upstream, with the user's credential, which the host adds.
struct UpstreamRequest {
  uint64_t number = 0;  // the host returns the answer under this number
  std::string_view method;
  std::string_view path;                   // with its query
  std::optional<std::string_view> body{};  // none = null
};

// How to follow the upstream.
struct AuthenticateEffect {
  uint64_t since = 0;        // of a hub: the changes after this one
  std::string_view store{};  // the id of the store that `since` counts in; empty = unknown
  bool is_relay = false;     // with payloads, and without open jobs
  uint64_t version = 0;      // of the follower (event/feed_version.h)
};

enum class WriteOutcome : uint8_t { kConfirmed, kRefused };

// The outcome of a local write.
struct WrittenEffect {
  uint64_t number = 0;
  std::string_view id;  // hex
  WriteOutcome outcome = WriteOutcome::kConfirmed;
  int status = 0;  // of the upstream that refused it
  std::string_view detail{};
};

class EffectQueue {
 public:
  // Of every store: pages of live queries may have changed.
  void Changed(uint64_t sequence);

  // Of a hub.
  // A text frame to these sockets. Nothing when there are none.
  void Send(std::span<const uint32_t> clients, std::string_view text);
  // Find the user of this token; the host answers with the socket event `authenticated`.
  void Identify(uint32_t client, std::string_view token);
  // Keep this text for the socket event `restored`, if the socket can outlive the hub; replaces
  // the previous text.
  void Remember(uint32_t client, std::string_view state);
  // Close this socket with a WebSocket code.
  void Close(uint32_t client, uint16_t code);

  // Of a replica, and of a hub that follows an upstream.
  // Open the upstream's socket.
  void Connect();
  // Close it, and give up the timer and a snapshot under way.
  void Disconnect();
  // Send the upstream the auth message: for every topic of every project, and for a hub's changes.
  void Authenticate(const AuthenticateEffect& how);
  // Acknowledge the upstream's changes up to this sequence.
  void Acknowledge(uint64_t sequence);
  // Get the upstream's snapshot; the host passes its lines on as they arrive.
  void Snapshot(uint64_t request, std::string_view path);
  // Send it; the host answers with the event `fetched`.
  void Fetch(const UpstreamRequest& request);
  // Call the event `timer` after this time; replaces the previous time.
  void Timer(int64_t delay_ms);
  // The state of the connection, by its name.
  void State(std::string_view name);

  // Of a replica's outbox.
  // Send a local write; the host answers with the outbox event `answer`.
  void Write(const UpstreamRequest& request);
  // As Timer, but a separate timer, for the outbox event `wake`.
  void Wake(int64_t delay_ms);
  // Answer the writer that waits for this write.
  void Written(const WrittenEffect& written);
  // The upstream gave an event of this replica another id. Both in hex.
  void Renamed(std::string_view from, std::string_view to);
  // The list of local writes has changed.
  void Outbox();

  size_t count() const { return count_; }
  // The lines so far, each with its line end; the queue is empty then.
  std::string Take() {
    count_ = 0;
    return std::exchange(lines_, {});
  }

 private:
  class Line;

  std::string lines_;
  size_t count_ = 0;
};

}  // namespace cuesheet
