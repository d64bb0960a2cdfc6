// The server of a scenario, the people who work there, and what happens to it.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "../oracle/random.h"
#include "base/json.h"
#include "schedule.h"
#include "server.h"
#include "store/event_store.h"

namespace cuesheet::simulation {

inline constexpr int64_t kSecond = 1'000'000;

// What people write, here or at a replica, and what the checks have to know of it.
struct People {
  oracle::Random* random;
  uint64_t last_number = 0;
  std::set<std::string>
      removals{};  // descriptions of events that somebody has removed, or wanted to

  // One of the newest events of a store, or none.
  std::optional<Row> PickRow(const EventTable& table);
  Json NewEvent(const EventTable& table, const std::string& description);
  std::string PickStatus();
  void NoteRemoval(const EventView& event) { removals.insert(std::string(event.description)); }
};

class World {
 public:
  virtual ~World() = default;

  virtual Server* server() = 0;
  virtual const EventStore& store() const = 0;
  virtual bool is_up() const = 0;
  virtual void Tick() = 0;
  // Somebody writes at the server.
  virtual void Write(People& people) = 0;
  // Something breaks for this long.
  virtual void Break(int64_t time_us) = 0;
  virtual void Mend() = 0;
  // After this many seconds without faults every replica must equal the server.
  virtual int64_t settle_seconds() const = 0;
  // What went wrong at the server, a sentence.
  virtual std::optional<std::string> wrong() const { return std::nullopt; }
  // Members of a row that a replica cannot know.
  virtual void DropUnknown(Json& row) const = 0;
};

std::unique_ptr<World> MakeHubWorld(Schedule* schedule, oracle::Random* random);
std::unique_ptr<World> MakeStockWorld(Schedule* schedule, oracle::Random* random);

}  // namespace cuesheet::simulation
