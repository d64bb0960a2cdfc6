// A model of a stock AYON server, with what protocol.md says of it: ids of its own, parents that
// are dropped (3.1), no memory of deletes and no word about them (9.5), messages before the commit
// and lost ones (9.5), numbers whose events show late or never (12.1), times without offset (9.4),
// status changes that touch no time (12.2), reuse (3.4), errors of its own, sessions that end.
// Single requests are answered by the hub's API, which the vectors compare with AYON's.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "../oracle/random.h"
#include "base/json.h"
#include "dice.h"
#include "hub/api.h"
#include "journal/testing/memory_env.h"
#include "schedule.h"
#include "server.h"
#include "store/event_store.h"

namespace cuesheet::simulation {

class StockNode final : public Server {
 public:
  // `is_admin`: its users may ask POST /api/query (6.2).
  StockNode(Schedule* schedule, oracle::Random* random, bool is_admin);

  void Fetch(const std::string& method, const std::string& path, const std::string& body,
             Answered answered) override {
    answered(Serve(method, path, body));
  }
  uint32_t Open(Frame frame) override;
  void Message(uint32_t client, std::string_view text) override;
  void Close(uint32_t client) override;

  // What its own people and services do.
  void Dispatch(Json body);
  // The same in a transaction that ends later, or is rolled back; its message leaves at once.
  void DispatchLate(Json body, int64_t delay_us, bool is_rolled_back);
  void Update(const std::string& id, const Json& body);
  // The same in a transaction that ends later, or never: its message leaves at once (9.4, 9.5).
  void UpdateLate(const Uuid& id, const std::string& status, int64_t delay_us, bool is_rolled_back);
  // Take and abort of launcher actions: no message, and `updatedAt` stays (4.3).
  void UpdateSilently(const Uuid& id, const std::string& status);
  void Delete(const std::string& id);

  void Crash();  // of the process: committed events stay, every socket is closed
  void Start() { is_up_ = true; }
  void Tick();
  void FailPercent(size_t percent) { fail_percent_ = percent; }
  void LoseMessagesPercent(size_t percent) { lose_percent_ = percent; }
  void EndSessions() { sessions_end_ = true; }
  void Login() { sessions_end_ = false; }
  bool has_session() const { return !sessions_end_; }

  const EventStore& store() const { return store_; }
  bool IsHidden(const Uuid& id) const { return hidden_.contains(id.Hex()); }

 private:
  Answer Ask(std::string_view operation, const std::string& id, const std::string& body,
             bool is_service = false);
  Answer Serve(const std::string& method, const std::string& path, const std::string& body);
  Answer Graphql(const std::string& body);
  Answer Query(const std::string& body);
  void Publish();
  void Send(const Change& change);

  Schedule* schedule_;
  oracle::Random* random_;
  bool is_admin_;
  MemoryEnv disk_;
  EventStore store_{&disk_};
  HubApi api_{&store_.view(), &store_.ledger(), &store_.exports(), &store_.files()};
  std::map<uint32_t, Frame> clients_;
  std::set<uint32_t> authenticated_;
  std::set<std::string> hidden_;  // of transactions that have not ended
  uint32_t last_client_ = 0;
  bool is_up_ = true;
  size_t fail_percent_ = 0, lose_percent_ = 0;
  bool sessions_end_ = false;
  Timestamp last_message_{};
};

}  // namespace cuesheet::simulation
