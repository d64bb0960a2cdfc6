// What the events of each topic look like: AYON's built-in topics, those that users declare, and
// those that were learned. "The structure of the event summary must remain consistent within the
// same topic" (AYON's documentation; protocol.md 2). Check() reports where a new event breaks that
// rule, or the documentation's rules for descriptions (protocol.md 1.4). See docs/topics.md.
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
  kAdvise,   // a deviating event is stored, and the deviation is reported
  kEnforce,  // an event whose summary deviates is refused
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

  static constexpr size_t kMaxTopics = 1000;           // declared ones, and as many learned ones
  static constexpr size_t kMaxKeys = 64;               // of a summary's structure
  static constexpr size_t kMaxKeyBytes = 128;          // as JSON text
  static constexpr size_t kMaxDescriptionBytes = 500;  // of a declared topic
  static constexpr size_t kMaxSummaryAdvices = 16;     // on one event; nobody reads more
  static constexpr size_t kCheckedBytes = 1 << 14;     // of an event's description

  // {"mode":"advise"|"enforce","topics":[{"topic":"studio.render","description":"…",
  // "mode":"enforce","summary":{"frames":"number","note":["string","null"]}}]}: it is accepted
  // as a whole or not at all. Only `topic` is required; what is left out stays as it was. kInvalid
  // names the part, kTooLarge the limit.
  Result<void> Declare(const Json& declaration);

  // What deviates in a new event: first in its summary, a canonical JSON object, then in its
  // description.
  std::vector<Advice> Check(std::string_view topic, std::string_view summary,
                            std::string_view description) const;

  // What happens to an event with a deviating summary. A description never refuses an event.
  TopicMode ModeOf(std::string_view topic) const;

  // Learns from a stored event. To be called once for every inserted event, oldest first.
  void Note(std::string_view topic, std::string_view summary);

  // What was learned, as bytes for the checkpoint, and the way back. Restore() uses as much as it
  // understands.
  std::string Save() const;
  void Restore(std::string_view saved);

  // Appends [{"topic","description","builtin","declared","mode","count","open","summary":[{"key",
  // "types","required"}]}] sorted by topic: every built-in, declared or noted topic.
  // count_of(topic) is the number of its stored events. `open`: there may be other keys.
  template <typename CountOf>
  void AppendTopics(std::string& out, const CountOf& count_of) const {
    out += '[';
    for (const auto& [name, topic] : topics_) AppendTopic(out, name, topic, count_of(name));
    out += ']';
  }

 private:
  enum class State : uint8_t {
    kNothing,   // no event with a summary yet
    kLearning,  // the structure of the first one; a null in it has no type yet
    kLearned,   // the structure of the first one
    kFixed,     // by the table or a declaration
  };
  struct Topic {
    // The structure, in the notation of builtin_topics.h with a line feed after each key. As text
    // it is small in memory and in code. Keys are written as in canonical text, with its escapes.
    std::string keys;
    std::string description;
    std::optional<TopicMode> mode;
    State state = State::kNothing;
    bool builtin = false;
    bool declared = false;
    bool open = false;  // keys that are not in `keys` are not checked
  };
  using Topics = std::map<std::string, Topic, std::less<>>;

  // These three describe a mistake in `error` and return false.
  bool Read(const Json& declaration, bool apply, Error& error);
  static bool ReadTopic(const Json& value, Topic& topic, Error& error);
  static bool ReadSummary(const Json& value, Topic& topic, Error& error);

  // The topic, or the built-in pattern that matches it, or nullptr.
  const Topic* Find(std::string_view name) const;
  static Topics::value_type& Entry(Topics& topics, std::string_view name);
  // The topic; a new one begins with the structure of the built-in pattern that matches it.
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
  Topics::value_type* last_ = nullptr;  // what Note() found last: topics come in runs
};

}  // namespace cuesheet
