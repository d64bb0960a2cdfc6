// The side under test: the engine behind the oracle's plain types.
#pragma once

#include <optional>
#include <string>

#include "event.h"
#include "journal/testing/memory_env.h"
#include "query.h"
#include "store/event_store.h"

namespace cuesheet::oracle {

cuesheet::Event EngineEvent(const PlainEvent& event);
PlainEvent PlainOf(const EventView& view);
Uuid EngineId(const std::string& hex);

// A store on memory files that holds a world, put there as an upstream would.
struct Engine {
  // Small enough for a sequence of steps to fill several of everything.
  static constexpr StoreOptions kOptions{.segment_bytes = 400,
                                         .block_events = 5,
                                         .min_journal_bytes = 1000,
                                         .max_journal_bytes = 4000,
                                         .max_segments = 8};

  MemoryEnv env;
  EventStore store{&env, kOptions};

  explicit Engine(const World& world);
  Page Ask(const Json& arguments) const;
};

}  // namespace cuesheet::oracle
