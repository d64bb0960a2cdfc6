// The unsettled sources of a queue, kept up to date with the table, so that an enroll looks at the
// remaining work and never at the history behind it (docs/design.md, Memory and speed).
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "query/code_set.h"
#include "table/event_table.h"

namespace cuesheet {

inline constexpr size_t kMaxFrontiers = 64;  // of a store; the least recently used one is dropped

// Which sources a queue has, and when one is settled (protocol.md 8.3, 17.3).
struct FrontierKey {
  std::vector<std::string> source_topics;
  bool is_pattern = false;
  std::string target_topic;
  int64_t max_retries = 0;
};

// The same without copies: a poll looks an existing frontier up by it.
struct FrontierKeyView {
  const std::vector<std::string>& source_topics;
  bool is_pattern;
  const std::string& target_topic;
  int64_t max_retries;

  bool operator==(const FrontierKey& key) const {
    return max_retries == key.max_retries && is_pattern == key.is_pattern &&
           target_topic == key.target_topic && source_topics == key.source_topics;
  }
  FrontierKey Own() const { return {source_topics, is_pattern, target_topic, max_retries}; }
};

class Frontier {
 public:
  // An unsettled source; by creation time, then creation order.
  struct Source {
    Timestamp created_at;
    int64_t creation_order;
    Row row;
    auto operator<=>(const Source&) const = default;
  };

  Frontier(FrontierKey key, const EventTable& table);

  const FrontierKey& key() const { return key_; }
  // Finished events of the source topics without a settled child, oldest first.
  const std::set<Source>& sources() const { return sources_; }
  bool IsJob(Row row) const;

  void RowLeaves(Row row);
  void RowEnters(Row row);

 private:
  Source SourceOf(Row row) const;
  bool HasSourceTopic(Row row) const;
  bool IsUnsettledSource(Row row) const;
  bool IsSettled(Row job) const;

  FrontierKey key_;
  const EventTable& table_;
  CodeSet source_topics_;
  std::set<Source> sources_;
};

// The frontiers of a store. Only the first enroll of a queue reads the whole table.
class Frontiers : public RowObserver {
 public:
  // The most that a source event takes: a node of a set.
  static constexpr uint64_t kSourceBytes = 64;

  explicit Frontiers(const EventTable& table) : table_(table) {}

  const Frontier& Of(const FrontierKeyView& key);
  // About what Of() would allocate at most, in bytes; 0 when it has the frontier.
  uint64_t BytesToMake(const FrontierKeyView& key) const;
  // Gives up all of them; each is made again when it is asked for.
  void DropAll() { recent_.clear(); }

  void RowLeaves(Row row) override;
  void RowEnters(Row row) override;

 private:
  const EventTable& table_;
  std::vector<std::unique_ptr<Frontier>> recent_;  // the most recently used first
};

}  // namespace cuesheet
