// What is in work, for a socket that has just subscribed (docs/hub.md, Change feed).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "hub/caller.h"
#include "store/store_view.h"

namespace cuesheet {

inline constexpr size_t kMaxOpenEvents = 1000;
inline constexpr size_t kMaxOpenEventsBytes = 1 << 20;  // or one event more

// The text frame `{"topic":"cuesheet.open","events":[…],"isComplete","sequence"}`: the pending and
// in_progress events that the caller may read and `is_wanted` names, newest first, in the form of
// the change feed.
std::string OpenEventsMessage(const StoreView& store, const Caller& caller,
                              const std::function<bool(const EventView&)>& is_wanted);

}  // namespace cuesheet
