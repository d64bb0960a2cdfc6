// A store on memory files with a clock that steps one second a command.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "journal/testing/memory_env.h"
#include "store/event_store.h"

namespace cuesheet::testing {

struct StoreFixture {
  MemoryEnv env;
  EventStore store;
  int64_t now_us = 1'774'000'000'000'000;  // 2026-03-20T09:46:40Z
  uint8_t draws = 0;

  explicit StoreFixture(StoreRole role = StoreRole::kAuthority) : store(&env, {.role = role}) {
    CUE_ASSERT(store.files().Open().has_value());
  }

  Timestamp Now() { return {now_us += 1'000'000}; }
  Entropy Draw() {
    Entropy entropy;
    entropy.bytes.fill(++draws);
    return entropy;
  }
  Result<Uuid> TryDispatch(std::string_view body, const Actor& actor = {"mona", {}, {}}) {
    const auto request = ParseDispatchRequest(Json::parse(body));
    CUE_ASSERT(request.has_value());
    return store.ledger().Dispatch(*request, actor, Now(), Draw());
  }
  Uuid Dispatch(std::string_view body) { return TryDispatch(body).value(); }
  Result<void> Update(const Uuid& id, std::string_view body,
                      const Actor& actor = {"mona", {}, {}}) {
    const auto request = ParseUpdateRequest(Json::parse(body));
    CUE_ASSERT(request.has_value());
    return store.ledger().Update(id, *request, actor, Now());
  }
  EventView View(const Uuid& id) const {
    return store.view().table().View(store.view().table().FindById(id)).value();
  }
  Json Query(std::string_view arguments) const {
    std::string out;
    store.answers().AppendPage(out, EventQuery::Parse(Json::parse(arguments)).value(),
                               EventForm::kRow);
    return Json::parse(out);
  }
  void Commit() {
    CUE_ASSERT(store.files().BeginCommit().has_value());
    CUE_ASSERT(store.files().Committed(true).has_value());
  }
};

inline std::string Topics(const Json& page) {
  std::string topics;
  for (const Json& event : page["events"]) {
    topics += (topics.empty() ? "" : " ") + event["topic"].get<std::string>();
  }
  return topics;
}

}  // namespace cuesheet::testing
