// Part 2: carries one step after another out on the engine and on the model, and looks for the
// first difference.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine.h"
#include "enroll.h"
#include "model.h"

namespace cuesheet::oracle {

class Runner {
 public:
  // What differs after this step, if anything. A step is a JSON object with `op` and `now`.
  std::optional<std::string> Take(const Json& step);
  // The same events after the journal was read back.
  std::optional<std::string> Reopen();

  const Model& model() const { return model_; }
  const std::map<uint32_t, Json>& live_queries() const { return queries_; }

 private:
  // Each carries one kind of step out on both sides.
  void Carry(const Json& step);
  void Dispatch(const Json& step);
  void Merge(const Json& step);
  void RemoveAll(const Json& filter);
  void Enroll(const Json& step);
  void OpenLive(uint32_t live, const Json& query);
  void ApplyPatches();
  // Commits, slices of maintenance and a second store on the same files, now and then.
  void KeepFiles(const Json& step);
  void CompareReopened();

  void Expect(const std::string& what, const std::string& oracle, const std::string& engine);
  void CheckTable(const EventTable& table);
  void CheckEvent(const EventTable& table, const PlainEvent& event);
  void CheckOrder(const std::string& id, bool is_provisional);
  void CheckPage(const Json& query);
  void CheckChanges();
  std::string FreshPage(const Json& query) const;

  Engine engine_{World{}};
  Model model_;
  std::map<uint32_t, Json> queries_;        // by live query
  std::map<uint32_t, Json> pages_;          // kept up to date by patches alone
  std::map<uint32_t, std::string> agreed_;  // the fresh page that pages_ was last equal to
  int64_t highest_order_ = 0;               // that was ever made or sent, without provisional ones
  uint64_t sequence_ = 0;
  std::string difference_;  // the first one
};

}  // namespace cuesheet::oracle
