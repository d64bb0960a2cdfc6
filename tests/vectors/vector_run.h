// What every group of the vectors needs: a hub on memory files filled with a case's events, and the
// count of what passed.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hub/api.h"
#include "hub/sockets.h"
#include "journal/testing/memory_env.h"
#include "replica/upstream_event.h"
#include "store/event_store.h"

namespace cuesheet::vectors {

struct Score {
  int passed = 0;
  int failed = 0;

  void Check(bool ok, const std::string& name, const Json& expected, const Json& got) {
    if (ok) {
      ++passed;
      return;
    }
    ++failed;
    std::printf("FAILED %s\n  expected %s\n  got      %s\n", name.c_str(),
                expected.dump().substr(0, 600).c_str(), got.dump().substr(0, 600).c_str());
  }
  void Equal(const std::string& name, const Json& expected, const Json& got) {
    Check(expected == got, name, expected, got);
  }
};

class Hub {
 public:
  explicit Hub(const Json& events);

  HubResponse Ask(const std::string& operation, const Json& caller, const Json& body, Timestamp now,
                  const std::string& id = "", const Json& headers = Json::object());
  EventStore& store() { return store_; }
  // The event in the form of the vectors: 15 attributes and creationOrder; null when it is not
  // here.
  Json Event(const Uuid& id) const;
  // Ids of a GraphQL connection's edges.
  static Json Ids(const Json& connection);

 private:
  MemoryEnv env_;
  EventStore store_{&env_};
  HubApi api_{&store_.view(), &store_.ledger(), &store_.exports(), &store_.files()};
  uint8_t draws_ = 0;
};

Timestamp Time(const Json& iso);
// What Cuesheet answers: the key `cuesheet` where it stands, `expect` elsewhere.
const Json& Expected(const Json& entry);
// True when `got` holds every member of `expected` (objects), or equals it.
bool Has(const Json& got, const Json& expected);
// `json` with each drawn id replaced by the id that the vectors call it.
Json Renamed(const Json& json, const std::map<std::string, std::string>& names);

void RunFilter(const Json& group, Timestamp now, Score& score);
void RunEnroll(const Json& group, Score& score);
void RunText(const Json& group, Timestamp now, Score& score);
void RunTopics(const Json& group, Timestamp now, Score& score);
void RunHashes(const Json& group, Score& score);
void RunPages(const Json& group, Timestamp now, Score& score);
void RunLists(const Json& group, Timestamp now, Score& score);
void RunDispatch(const Json& group, Timestamp now, Score& score);
void RunStatus(const Json& group, Timestamp now, Score& score);
void RunWebsocket(const Json& group, Score& score);

}  // namespace cuesheet::vectors
