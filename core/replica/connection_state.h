// The states of a replica's connection, for the connection and for hosts that show them.
//
//   stopped -> connecting -> catching_up -> live
//
//   any -> waiting (back-off, full jitter) -> connecting; offline while the host has no network;
//   unauthorized until the host starts it again with another token. All of these stop it first.
#pragma once

#include <cstdint>
#include <string_view>

namespace cuesheet {

enum class ConnectionState : uint8_t {
  kStopped,
  kOffline,
  kConnecting,
  kCatchingUp,
  kLive,
  kWaiting,
  kUnauthorized
};

// Name on the border ("catching_up", ...).
std::string_view ConnectionStateName(ConnectionState state);

// Whether the connection may go from the one state to the other; they must differ.
bool MayBecome(ConnectionState from, ConnectionState to);

// Whether there is a socket, or one is being opened.
bool IsConnected(ConnectionState state);

}  // namespace cuesheet
