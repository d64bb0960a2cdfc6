#include "event/topic_registry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "event/builtin_topics.h"
#include "event/description_rules.h"
#include "event/names.h"

namespace cuesheet {
namespace {

constexpr size_t kNone = std::string_view::npos;

// The letters of builtin_topics.h, and their names in declarations and answers.
constexpr std::string_view kTypeLetters = "snbzoa*";
constexpr std::array<std::string_view, 7> kTypeNames = {"string", "number", "boolean", "null",
                                                        "object", "array",  "any"};

char TypeOf(std::string_view json) {
  switch (json[0]) {
    case '"':
      return 's';
    case 't':
    case 'f':
      return 'b';
    case 'n':
      return 'z';
    case '{':
      return 'o';
    case '[':
      return 'a';
    default:
      return 'n';
  }
}

// The position of one key in a structure: `sz:name\n`.
struct Key {
  size_t begin;
  size_t mark;  // of `:` or `?`
  size_t end;   // of the line feed

  std::string_view Types(const std::string& keys) const {
    return {keys.data() + begin, mark - begin};
  }
  std::string_view Name(const std::string& keys) const {
    return {keys.data() + mark + 1, end - mark - 1};
  }
};

Key KeyAt(const std::string& keys, size_t begin) {
  size_t mark = begin;
  while (keys[mark] != ':' && keys[mark] != '?') ++mark;
  return {begin, mark, keys.find('\n', mark)};
}

// The key of that name, or one that begins at kNone. The search begins at `next`, where the key
// probably is: members of canonical text, and the keys learned from it, are sorted alike.
Key FindKey(const std::string& keys, const std::string_view& name, size_t& next) {
  size_t at = next;
  for (size_t turn = 0; turn < 2; ++turn, at = 0) {
    while (at < keys.size()) {
      const Key key = KeyAt(keys, at);
      at = key.end + 1;
      if (key.Name(keys) == name) {
        next = at;
        return key;
      }
    }
  }
  return {kNone, kNone, kNone};
}

// The names of types, in quotes and with commas, or as in a sentence.
void AppendTypes(std::string& out, const std::string_view& types, bool json) {
  for (size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out += json ? "," : " or ";
    if (json) out += '"';
    out += kTypeNames[kTypeLetters.find(types[i])];
    if (json) out += '"';
  }
}

// A text of unknown length, as an error or an advice shows it.
std::string_view Shortened(std::string_view text) {
  size_t end = TopicRegistry::kMaxKeyBytes;
  if (text.size() <= end) return text;
  while (IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

bool Refuse(Error& error, const char* what, ErrorCode code = ErrorCode::kInvalid) {
  error.code = code;
  error.message = what;
  return false;
}

// Puts the name of the part before the message about it.
bool RefuseIn(Error& error, const char* before, std::string_view part) {
  error.message.insert(0, Shortened(part)).insert(0, before);
  return false;
}

bool ReadMode(const Json& value, std::optional<TopicMode>& mode, Error& error) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text != nullptr && *text == "advise") {
    mode = TopicMode::kAdvise;
  } else if (text != nullptr && *text == "enforce") {
    mode = TopicMode::kEnforce;
  } else {
    return Refuse(error, R"( must be "advise" or "enforce")");
  }
  return true;
}

// The letter of a type that a declaration names, or kNone.
size_t TypeIndex(const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  size_t index = 0;
  while (text != nullptr && index < kTypeNames.size() && *text != kTypeNames[index]) ++index;
  return text == nullptr || index == kTypeNames.size() ? kNone : index;
}

// Appends the letters of a type or a list of types.
bool ReadTypes(const Json& value, std::string& keys, Error& error) {
  const bool is_list = value.is_array();
  const size_t count = is_list ? value.size() : 1;
  const size_t begin = keys.size();
  for (size_t i = 0; i < count; ++i) {
    const size_t index = TypeIndex(is_list ? value[i] : value);
    if (index == kNone) {
      keys.resize(begin);
      break;
    }
    if (keys.find(kTypeLetters[index], begin) == kNone) keys += kTypeLetters[index];
  }
  return keys.size() > begin ||
         Refuse(error, " must be string, number, boolean, null, object, array, any or a list");
}

// `key what`, and where `rule` is given `key what topic rule types`. Texts by reference and as
// plain pointers, because each string_view passed by value costs 20 bytes of wasm.
void Advise(std::vector<Advice>& advices, const std::string_view& topic,
            const std::string_view& key, const char* what, const char* rule = nullptr,
            const std::string_view& types = {}) {
  Advice& advice = advices.emplace_back();
  advice.topic = topic;
  advice.key = rule == nullptr ? "" : "summary.";
  advice.key += Shortened(key);
  advice.message = advice.key;
  advice.message += what;
  if (rule == nullptr) return;
  advice.message += topic;
  advice.message += rule;
  AppendTypes(advice.message, types, false);
}

}  // namespace

bool TopicRegistry::ReadSummary(const Json& value, Topic& topic, Error& error) {
  const auto* object = value.get_ptr<const Json::object_t*>();
  if (object == nullptr) return Refuse(error, " must be an object of keys and their types");
  static_assert(kMaxKeys == 64 && kMaxKeyBytes == 128 && kMaxDescriptionBytes == 500 &&
                kMaxTopics == 1000);  // as the messages say
  if (object->size() > kMaxKeys) {
    return Refuse(error, " has more than 64 keys", ErrorCode::kTooLarge);
  }
  topic.keys.clear();
  for (const auto& [name, types] : *object) {
    bool taken = ReadTypes(types, topic.keys, error);
    const size_t mark = topic.keys.size();
    topic.keys += CanonicalText(name);
    if (taken && topic.keys.size() - mark - 2 > kMaxKeyBytes) {
      taken = Refuse(error, " is longer than 128 bytes", ErrorCode::kTooLarge);
    }
    if (!taken) return RefuseIn(error, ".", name);
    topic.keys[mark] = ':';  // in place of the quotes
    topic.keys.back() = '\n';
  }
  topic.state = State::kFixed;
  topic.open = false;
  return true;
}

bool TopicRegistry::ReadTopic(const Json& value, Topic& topic, Error& error) {
  for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
    bool taken = true;
    if (name == "description") {
      const auto* text = member.get_ptr<const std::string*>();
      if (text == nullptr) {
        taken = Refuse(error, " must be a string");
      } else if (text->size() > kMaxDescriptionBytes) {
        taken = Refuse(error, " is longer than 500 bytes", ErrorCode::kTooLarge);
      } else {
        topic.description = *text;
      }
    } else if (name == "mode") {
      taken = ReadMode(member, topic.mode, error);
    } else if (name == "summary") {
      taken = ReadSummary(member, topic, error);
    } else if (name != "topic") {
      taken = Refuse(error, " is not known: use topic, description, mode and summary");
    }
    if (!taken) return RefuseIn(error, ".", name);
  }
  topic.declared = true;
  return true;
}

bool TopicRegistry::Read(const Json& declaration, bool apply, Error& error) {
  if (!declaration.is_object()) return Refuse(error, "the declaration must be an object");
  const Json* const mode = FindMember(declaration, "mode");
  std::optional<TopicMode> new_mode;
  if (mode != nullptr && !ReadMode(*mode, new_mode, error)) return RefuseIn(error, "", "mode");
  if (apply) mode_ = new_mode.value_or(mode_);

  const Json* const topics = FindMember(declaration, "topics");
  if (topics == nullptr) return true;
  const auto* list = topics->get_ptr<const Json::array_t*>();
  if (list == nullptr) return Refuse(error, "topics must be a list");
  size_t declared = declared_;
  for (size_t i = 0; i < list->size(); ++i) {
    const Json* const name = FindMember((*list)[i], "topic");
    const auto* text = name == nullptr ? nullptr : name->get_ptr<const std::string*>();
    bool taken = false;
    if (text == nullptr || !IsTopic(*text) || text->find('*') != kNone) {
      Refuse(error, R"( needs a "topic": a letter, then 2 to 64 letters, digits, "_" and ".")");
    } else {
      const auto known = topics_.find(*text);
      if (known == topics_.end() || !known->second.declared) ++declared;
      if (declared > kMaxTopics) {
        return Refuse(error, "more than 1000 topics are declared", ErrorCode::kTooLarge);
      }
      Topic scratch;
      taken = ReadTopic((*list)[i], apply ? Enter(*text).second : scratch, error);
    }
    if (!taken) return RefuseIn(error, "topics[", std::to_string(i) + "]");
  }
  if (apply) declared_ = declared;
  return true;
}

TopicRegistry::Topics::value_type& TopicRegistry::Entry(Topics& topics, std::string_view name) {
  return *topics.try_emplace(std::string(name)).first;
}

TopicRegistry::TopicRegistry() {
  BuiltinTopics row;
  while (row.Next()) {
    Topic& topic = Entry(row.name.find('*') == kNone ? topics_ : patterns_, row.name).second;
    if (topic.builtin) continue;  // the first row with its name counts
    topic.builtin = true;
    topic.state = State::kFixed;
    topic.keys = row.keys;
    topic.open = row.keys.ends_with("...");
    if (topic.open) topic.keys.resize(row.keys.size() - 3);
    if (!topic.keys.empty() && !topic.keys.ends_with(' ')) topic.keys += ' ';
    std::ranges::replace(topic.keys, ' ', '\n');
  }
}

Result<void> TopicRegistry::Declare(const Json& declaration) {
  Error error{};
  // A dry run first: a declaration is accepted as a whole or not at all.
  if (!Read(declaration, false, error)) return std::unexpected(std::move(error));
  Read(declaration, true, error);
  return {};
}

std::vector<Advice> TopicRegistry::Check(std::string_view topic, std::string_view summary,
                                         std::string_view description) const {
  std::vector<Advice> advices;
  if (const Topic* known = Find(topic)) CheckSummary(*known, topic, summary, advices);
  description = description.substr(0, kCheckedBytes);
  const std::pair<bool, const char*> faults[] = {
      {HasSecondLine(description),
       " has more than one line: move all but the first to the payload"},
      {HasId(description), " contains an id: write a name, and put the id into the summary"},
      {HasSecret(description), " seems to contain a password, key or token: take it out"}};
  for (const auto& [found, what] : faults) {
    if (found) Advise(advices, topic, "description", what);
  }
  return advices;
}

TopicMode TopicRegistry::ModeOf(std::string_view topic) const {
  const Topic* known = Find(topic);
  return known == nullptr ? mode_ : known->mode.value_or(mode_);
}

void TopicRegistry::Note(std::string_view topic, std::string_view summary) {
  if (last_ == nullptr || last_->first != topic) {
    const auto known = topics_.find(topic);
    if (known != topics_.end()) {
      last_ = &*known;
    } else if (seen_ < kMaxTopics && IsTopic(topic)) {
      ++seen_;
      last_ = &Enter(topic);
    } else {
      return;
    }
  }
  if (last_->second.state < State::kLearned) Learn(last_->second, summary);
}

const TopicRegistry::Topic* TopicRegistry::Find(std::string_view name) const {
  const auto known = topics_.find(name);
  if (known != topics_.end()) return &known->second;
  for (const auto& [pattern, topic] : patterns_) {
    if (MatchesTopicPattern(name, pattern)) return &topic;
  }
  return nullptr;
}

TopicRegistry::Topics::value_type& TopicRegistry::Enter(std::string_view name) {
  const Topic* known = Find(name);
  Topics::value_type& entry = Entry(topics_, name);
  if (known != nullptr && known != &entry.second) entry.second = *known;
  return entry;
}

void TopicRegistry::Learn(Topic& topic, std::string_view summary) {
  if (summary.size() <= 2) return;  // {}: a job has no summary before it begins
  size_t count = 0;
  size_t next = 0;
  VisitMembers(summary, [&](std::string_view name, std::string_view value) {
    const char type = TypeOf(value);
    if (topic.state == State::kLearning) {
      const Key key = FindKey(topic.keys, name, next);
      if (key.begin == kNone || key.Types(topic.keys) != "z" || type == 'z') return true;
      topic.keys.insert(key.begin, &type, 1);
      ++next;
    } else if (++count <= kMaxKeys && name.size() <= kMaxKeyBytes && name.find('\n') == kNone) {
      topic.keys += type;
      topic.keys += ':';
      topic.keys += name;
      topic.keys += '\n';
    } else {
      topic.open = true;
    }
    return true;
  });
  topic.state = State::kLearned;
  for (size_t at = 0; at < topic.keys.size();) {
    const Key key = KeyAt(topic.keys, at);
    if (key.Types(topic.keys) == "z") topic.state = State::kLearning;
    at = key.end + 1;
  }
}

void TopicRegistry::CheckSummary(const Topic& topic, std::string_view name,
                                 std::string_view summary, std::vector<Advice>& advices) {
  const bool learned = topic.state != State::kFixed;
  if (topic.state == State::kNothing || (learned && summary == "{}")) return;
  const auto advise = [&](const std::string_view& key, const char* what, const char* rule,
                          const std::string_view& types) {
    if (advices.size() < kMaxSummaryAdvices) Advise(advices, name, key, what, rule, types);
  };
  std::string keys = topic.keys;  // a key that is there gets the mark of an optional one
  size_t next = 0;
  VisitMembers(summary, [&](std::string_view member, std::string_view value) {
    const Key key = FindKey(keys, member, next);
    if (key.begin == kNone) {
      if (!topic.open) advise(member, " is not a key of ", ": leave it out or declare it", {});
      return true;
    }
    keys[key.mark] = '?';
    const std::string_view types = key.Types(keys);
    if (types.find(TypeOf(value)) == kNone && types.find('*') == kNone &&
        !(learned && types == "z")) {
      advise(member, " has another type than ", " gives it: send ", types);
    }
    return true;
  });
  for (size_t at = 0; at < keys.size();) {
    const Key key = KeyAt(keys, at);
    if (keys[key.mark] == ':') {
      advise(key.Name(keys), " is missing: add it, ", " always has it as ", key.Types(keys));
    }
    at = key.end + 1;
  }
}

void TopicRegistry::AppendTopic(std::string& out, const std::string& name, const Topic& topic,
                                uint64_t count) const {
  const auto flag = [&](const char* key, bool value) {
    out += key;
    out += value ? "true" : "false";
  };
  if (out.back() != '[') out += ',';
  out += R"({"topic":)";
  AppendJsonString(out, name);
  out += R"(,"description":)";
  if (topic.description.empty()) {
    out += "null";
  } else {
    AppendJsonString(out, topic.description);
  }
  flag(R"(,"builtin":)", topic.builtin);
  flag(R"(,"declared":)", topic.declared);
  flag(R"(,"open":)", topic.open || topic.state == State::kNothing);
  out += R"(,"mode":")";
  out += topic.mode.value_or(mode_) == TopicMode::kEnforce ? "enforce" : "advise";
  out += R"(","count":)";
  out += std::to_string(count);
  out += R"(,"summary":[)";
  for (size_t at = 0; at < topic.keys.size();) {
    const Key key = KeyAt(topic.keys, at);
    out += at == 0 ? R"({"key":")" : R"(,{"key":")";
    out += key.Name(topic.keys);
    out += R"(","types":[)";
    AppendTypes(out, key.Types(topic.keys), true);
    flag(R"(],"required":)", topic.keys[key.mark] == ':');
    out += '}';
    at = key.end + 1;
  }
  out += "]}";
}

}  // namespace cuesheet
