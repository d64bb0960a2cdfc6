// What the events of each topic look like: AYON's built-in topics, those that users declare, and
// those that were seen. "The structure of the event summary must remain consistent within the same
// topic" (AYON's documentation; protocol.md 2): Check() says where a new event breaks that rule, or
// what the documentation asks of descriptions (protocol.md 1.4). docs/topics.md has the rules.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"

namespace cuesheet {

enum class TopicMode : uint8_t {
  kAdvise,   // a deviating event is taken, and the deviation is told
  kEnforce,  // an event whose summary deviates is to be refused
};

struct Advice {
  std::string topic;
  std::string key;      // "summary.value" (a key as JSON text, shortened) or "description"
  std::string message;  // one sentence: what, and what to do; never a value of the event
};

class TopicRegistry {
 public:
  TopicRegistry();
  TopicRegistry(const TopicRegistry&) = delete;
  TopicRegistry& operator=(const TopicRegistry&) = delete;

  static constexpr size_t kMaxTopics = 1000;           // declared, and as many again that were seen
  static constexpr size_t kMaxKeys = 64;               // of a summary's structure
  static constexpr size_t kMaxKeyBytes = 128;          // as JSON text
  static constexpr size_t kMaxDescriptionBytes = 500;  // of a declared topic
  static constexpr size_t kMaxSummaryAdvices = 16;     // on one event; more would help nobody
  static constexpr size_t kCheckedBytes = 1 << 14;     // of an event's description

  // {"mode":"advise"|"enforce","topics":[{"topic":"studio.render","description":"…",
  // "mode":"enforce","summary":{"frames":"number","note":["string","null"]}}]}: all of it is taken
  // or nothing. Only `topic` is required; what is left out stays as it was. kInvalid names the
  // part, kTooLarge the limit.
  Result<void> Declare(const Json& declaration);

  // What deviates in a new event: first in its summary, a canonical JSON object, then in its
  // description.
  std::vector<Advice> Check(std::string_view topic, std::string_view summary,
                            std::string_view description) const;

  // What a deviating summary comes to. A description never refuses an event.
  TopicMode ModeOf(std::string_view topic) const;

  // Learns from a stored event. To be called once for every inserted event, oldest first.
  void Note(std::string_view topic, std::string_view summary);

  // What was seen so far, for a store that is opened again: its bytes, and the way back. Restore()
  // takes as much as it understands.
  std::string Save() const;
  void Restore(std::string_view saved);

  // Appends [{"topic","description","builtin","declared","mode","count","open","summary":[{"key",
  // "types","required"}]}] sorted by topic: every topic that is built in, declared or was noted.
  // count_of(topic) is the number of its stored events. `open`: there may be other keys.
  template <typename CountOf>
  void AppendTopics(std::string& out, const CountOf& count_of) const {
    out += '[';
    for (const auto& [name, topic] : topics_) AppendTopic(out, name, topic, count_of(name));
    out += ']';
  }

 private:
  enum class State : uint8_t {
    kNothing,   // no event with a summary was seen
    kLearning,  // the structure of the first one, with a null whose type was not seen yet
    kLearned,   // the structure of the first one
    kFixed,     // by the table or a declaration
  };
  struct Topic {
    // The structure, in the notation of builtin_topics.h with a line feed after each key: as text
    // it is small in memory and in code. Keys stand as in canonical text, escaped where need be.
    std::string keys;
    std::string description;
    std::optional<TopicMode> mode;
    State state = State::kNothing;
    bool builtin = false;
    bool declared = false;
    bool open = false;  // other keys than `keys` are not judged
  };
  using Topics = std::map<std::string, Topic, std::less<>>;

  // These three say in `error` what is wrong, and return false.
  bool Read(const Json& declaration, bool apply, Error& error);
  static bool ReadTopic(const Json& value, Topic& topic, Error& error);
  static bool ReadSummary(const Json& value, Topic& topic, Error& error);

  // The topic, or the pattern of the table that stands for it, or nullptr.
  const Topic* Find(std::string_view name) const;
  static Topics::value_type& Entry(Topics& topics, std::string_view name);
  // The topic, which begins as the pattern of the table that stands for it, if there is one.
  Topics::value_type& Enter(std::string_view name);
  static void Learn(Topic& topic, std::string_view summary);
  static void CheckSummary(const Topic& topic, std::string_view name, std::string_view summary,
                           std::vector<Advice>& advices);
  void AppendTopic(std::string& out, const std::string& name, const Topic& topic,
                   uint64_t count) const;

  TopicMode mode_ = TopicMode::kAdvise;
  Topics topics_;
  Topics patterns_;  // of the table
  size_t declared_ = 0;
  size_t seen_ = 0;                     // entered by Note()
  Topics::value_type* last_ = nullptr;  // what Note() found last: events come in runs
};

}  // namespace cuesheet
