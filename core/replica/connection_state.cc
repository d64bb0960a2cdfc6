#include "replica/connection_state.h"

#include <array>
#include <cstddef>

namespace cuesheet {
namespace {

struct Row {
  std::string_view name;
  uint8_t next;  // the states that may follow, one bit each
};

constexpr uint8_t Bit(ConnectionState state) { return uint8_t(1U << static_cast<unsigned>(state)); }

constexpr uint8_t kStop = Bit(ConnectionState::kStopped);
constexpr uint8_t kConnect = Bit(ConnectionState::kConnecting);
constexpr uint8_t kPause = Bit(ConnectionState::kOffline) | Bit(ConnectionState::kWaiting) |
                           Bit(ConnectionState::kUnauthorized);

// In the order of the states.
constexpr std::array<Row, 7> kStates = {{
    {"stopped", kConnect | kPause},
    {"offline", kStop | kConnect},
    {"connecting", kStop | Bit(ConnectionState::kCatchingUp)},
    {"catching_up", kStop | Bit(ConnectionState::kLive)},
    {"live", kStop | Bit(ConnectionState::kCatchingUp)},  // a hub has given up its history
    {"waiting", kStop | kConnect},
    {"unauthorized", kStop | kConnect},
}};

const Row& RowOf(ConnectionState state) { return kStates[static_cast<size_t>(state)]; }

}  // namespace

std::string_view ConnectionStateName(ConnectionState state) { return RowOf(state).name; }

bool MayBecome(ConnectionState from, ConnectionState to) {
  return (RowOf(from).next & Bit(to)) != 0;
}

bool IsConnected(ConnectionState state) {
  return state == ConnectionState::kConnecting || state == ConnectionState::kCatchingUp ||
         state == ConnectionState::kLive;
}

}  // namespace cuesheet
