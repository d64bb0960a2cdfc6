#include "generator.h"

#include <span>

#include "event/codec.h"
#include "vocabulary.h"

namespace cuesheet::bench {
namespace {

constexpr uint32_t kUsers = 40;
constexpr uint32_t kSenders = 200;
constexpr int64_t kSecondUs = 1'000'000;

template <typename T, size_t N>
const T& One(Random& random, const std::array<T, N>& list) {
  return list[random.Below(N)];
}

const Topic& PickTopic(Random& random) {
  static constexpr uint32_t kTotal = [] {
    uint32_t total = 0;
    for (const Topic& topic : kTopics) total += topic.weight;
    return total;
  }();
  uint32_t left = random.Below(kTotal);
  for (const Topic& topic : kTopics) {
    if (left < topic.weight) return topic;
    left -= topic.weight;
  }
  return kTopics.back();
}

std::string Padded(uint64_t number, size_t width) {
  std::string digits = std::to_string(number);
  return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
}

std::string HexOf(std::span<const uint64_t> words) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint64_t word : words) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[word >> shift & 15];
  }
  return out;
}

// `,"key":"text"`; what is written here needs no escapes.
void Member(std::string& json, std::string_view key, std::string_view text) {
  json += json.empty() ? "{\"" : ",\"";
  json += key;
  json += "\":\"";
  json += text;
  json += '"';
}

void RawMember(std::string& json, std::string_view key, std::string_view value) {
  json += json.empty() ? "{\"" : ",\"";
  json += key;
  json += "\":";
  json += value;
}

EventStatus JobStatus(Random& random) {
  const uint32_t at = random.Below(100);
  if (at < 56) return EventStatus::kFinished;
  if (at < 70) return EventStatus::kPending;
  if (at < 82) return EventStatus::kInProgress;
  if (at < 94) return EventStatus::kFailed;
  return at < 98 ? EventStatus::kAborted : EventStatus::kRestarted;
}

}  // namespace

std::string ProjectName(size_t index) { return std::string(kProjects[index]); }

std::string UserName(size_t index) {
  return std::string(kFirstNames[index % kFirstNames.size()]) + '.' +
         static_cast<char>('a' + index / kFirstNames.size());
}

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15;
  uint64_t mixed = state_;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
  return mixed ^ mixed >> 31;
}

Event Generator::Next() {
  Event event;
  // A few a second while somebody publishes, then minutes of nothing: a million take four months.
  clock_us_ += 50'000 + random_.Below(550'000);
  if (random_.Below(30) == 0) clock_us_ += random_.Below(600) * kSecondUs;
  event.created_at = event.updated_at = Timestamp{clock_us_};
  Entropy entropy;
  for (size_t i = 0; i < entropy.bytes.size(); i += 8) {
    uint64_t word = random_.Next();
    for (size_t j = i; j < i + 8; ++j, word >>= 8) entropy.bytes[j] = static_cast<uint8_t>(word);
  }
  event.id = Uuid::FromClock(clock_us_, entropy);
  event.creation_order = static_cast<int64_t>(made_) + 1;
  const uint32_t sender = random_.Below(kSenders);
  event.sender = "ws-" + Padded(sender, 3) + (sender % 3 == 0 ? "-maya" : "-nuke");
  event.sender_type = sender % 5 == 0 ? "worker" : "api";
  event.user = UserName(random_.Below(kUsers));
  const Entity entity = Pick();
  event.project = entity.project;

  const bool has_ticket = made_ == ticket_at_;
  const Topic& topic = has_ticket ? kTicketTopic : PickTopic(random_);
  event.topic = topic.name;
  switch (topic.family) {
    case Family::kEntity:
      FillEntity(event, entity, topic.name);
      break;
    case Family::kJob:
      FillJob(event, entity);
      break;
    case Family::kLog:
      FillLog(event, entity);
      break;
    default:
      FillOther(event, entity);
  }
  if (random_.Percent(5)) event.hash = Hex(64);
  recent_[made_++ % recent_.size()] = event.id;
  return event;
}

void Generator::AppendLine(std::string& out) {
  AppendEvent(out, View(Next()), EventForm::kRest);
  out += '\n';
}

// One of those known so far; there is a new one every six events. All that is known of it follows
// from its number.
Generator::Entity Generator::Pick() {
  Random random(random_.Below(500 + static_cast<uint32_t>(made_ / 6)) *
                uint64_t{0x2545F4914F6CDD1D});
  const auto hex = [&random] {
    const uint64_t words[] = {random.Next(), random.Next()};
    return HexOf(words);
  };
  Entity entity;
  entity.id = hex();
  entity.parent = hex();
  entity.project = ProjectName(random.Below(kProjects.size()));
  entity.department = One(random, kDepartments);
  if (random.Percent(70)) {
    entity.name = "sh" + Padded(random.Below(400) * 10, 4);
    entity.path = "shots/sq" + Padded(random.Below(80), 3) + '/' + entity.name;
  } else {
    entity.name = std::string(One(random, kSyllables)) + std::string(One(random, kSyllables)) +
                  std::string(One(random, kSyllables));
    entity.path = "assets/" + entity.name;
  }
  return entity;
}

void Generator::FillEntity(Event& event, const Entity& entity, std::string_view topic) {
  const size_t dot = topic.rfind('.');
  std::string kind(topic.substr(7, dot - 7));
  const std::string_view what = topic.substr(dot + 1);
  const std::string_view status = One(random_, kStatuses);
  const bool has_ticket = made_ == ticket_at_;
  std::string summary;
  Member(summary, "entityId", has_ticket ? kTicketEntity : entity.id);
  if (what == "created" || what == "deleted") {
    kind[0] = static_cast<char>(kind[0] - 'a' + 'A');
    event.description = kind + ' ' + entity.name + '_' + std::string(entity.department) + "_v" +
                        Padded(random_.Below(60), 3) + ' ' + std::string(what);
    Member(summary, "parentId", entity.parent);
  } else {
    const std::string path = entity.path + '/' + std::string(entity.department);
    Member(summary, "entityPath", path);
    Member(summary, "parentId", entity.parent);
    if (has_ticket) Member(summary, kTicketKey, kTicket);
    event.description = "Changed " + kind + ' ' + path + ' ';
    if (what == "attrib_changed") {
      event.description += random_.Percent(50) ? "attributes: fps, frameEnd" : "attributes: label";
    } else {
      event.description += what.substr(0, what.find('_'));
      event.description += " to ";
      event.description += status;
      Member(summary, "value", status);
    }
  }
  event.summary = std::move(summary) + '}';
  std::string payload;
  RawMember(payload, "newValue", Attributes());
  if (random_.Percent(55)) RawMember(payload, "oldValue", Attributes());
  event.payload = std::move(payload) + '}';
}

void Generator::FillJob(Event& event, const Entity& entity) {
  event.status = JobStatus(random_);
  event.retries = event.status == EventStatus::kFailed ? static_cast<int32_t>(random_.Below(4)) : 0;
  event.updated_at.us += (1 + random_.Below(900)) * kSecondUs;
  if (random_.Percent(50)) Depend(event);
  const uint32_t version = random_.Below(200);
  event.description = std::string(One(random_, kVerbs)) + ' ' + std::string(entity.department) +
                      ' ' + std::string(One(random_, kThings)) + " of " + entity.name + " v" +
                      Padded(version, 3);
  if (event.status == EventStatus::kFailed) event.description += ": no answer from " + Word();
  std::string summary;
  Member(summary, "entityId", entity.id);
  Member(summary, "entityPath", entity.path);
  RawMember(summary, "version", std::to_string(version));
  event.summary = std::move(summary) + '}';
  std::string payload, environment;
  Member(environment, "AYON_PROJECT_NAME", entity.project);
  Member(environment, "AYON_TASK_NAME", entity.department);
  Member(environment, "OCIO", "/mnt/pipeline/ocio/aces_1.3/" + entity.project + "/config.ocio");
  RawMember(payload, "attributes", Attributes());
  RawMember(payload, "environment", environment + '}');
  Member(payload, "job", Hex(24));
  Member(payload, "staging",
         "/mnt/projects/" + entity.project + '/' + entity.path + "/publish/v" + Padded(version, 3));
  event.payload = std::move(payload) + '}';
}

void Generator::FillLog(Event& event, const Entity& entity) {
  event.project.reset();
  event.sender_type.reset();
  if (random_.Percent(30)) event.user.reset();
  event.description = "Addon " + Word() + " processed " + std::to_string(random_.Below(5000)) +
                      " items of " + entity.name + " for " + entity.project;
  std::string payload;
  Member(payload, "module", "ayon_server.addons." + Word());
  Member(payload, "request_id", Hex(32));
  if (event.topic == "log.error") {
    std::string traceback = "Traceback (most recent call last):";
    for (int i = 0; i < 8; ++i) {
      traceback += R"(\n  File \"/backend/addons/)" + Word() + R"(.py\", line )" +
                   std::to_string(random_.Below(900)) + ", in " + Word();
    }
    Member(payload, "traceback", traceback);
  }
  Member(payload, "transaction_id", Hex(32));
  event.payload = std::move(payload) + '}';
}

void Generator::FillOther(Event& event, const Entity& entity) {
  std::string summary, payload;
  if (event.topic.starts_with("activity.")) {
    event.description = (event.topic.ends_with("created") ? "Created" : "Updated");
    event.description += " comment activity";
    std::string reference;
    Member(reference, "entity_id", entity.id);
    Member(reference, "entity_type", "task");
    Member(reference, "reference_type", "origin");
    Member(summary, "activity_id", Hex(32));
    Member(summary, "activity_type", "comment");
    RawMember(summary, "references", '[' + reference + "}]");
    std::string body = "The " + std::string(One(random_, kThings)) + " of " + entity.name + ':';
    for (uint32_t i = 10 + random_.Below(30); i > 0; --i) body += ' ' + Word();
    Member(payload, "body", body);
  } else if (event.topic.starts_with("link.")) {
    event.description = "Created generative link between " + entity.name + " and " + Word();
    Member(summary, "id", Hex(32));
    Member(summary, "inputId", entity.id);
    Member(summary, "inputType", "version");
    Member(summary, "linkType", "generative|version|version");
    Member(summary, "outputId", entity.parent);
    Member(summary, "outputType", "version");
  } else if (event.topic.starts_with("auth.")) {
    event.project.reset();
    event.description =
        "User " + *event.user + (event.topic == "auth.login" ? " logged in" : " logged out");
    Member(summary, "ip",
           "10.0." + std::to_string(random_.Below(256)) + '.' + std::to_string(random_.Below(256)));
    RawMember(summary, "languages", R"(["en-GB","en"])");
    Member(summary, "siteId", Hex(24));
  } else if (event.topic.starts_with("entity.project.")) {
    event.description = "Updated project " + entity.project;
    RawMember(payload, "newValue", Attributes());
    RawMember(payload, "oldValue", Attributes());
  } else {
    event.project.reset();
    event.description = Word() + " 1.2.0 production studio overrides changed";
    Member(summary, "addon_name", Word());
    Member(summary, "addon_version", "1.2.0");
    Member(summary, "variant", "production");
    RawMember(payload, "newValue", Attributes());
    RawMember(payload, "originalValue", Attributes());
  }
  if (!summary.empty()) event.summary = std::move(summary) + '}';
  event.payload = payload.empty() ? "{}" : std::move(payload) + '}';
}

// On one of the last events; now and then on the same as the job before, for parents of many.
void Generator::Depend(Event& event) {
  if (made_ < recent_.size()) return;
  if (!random_.Percent(30) || parent_ == Uuid{}) parent_ = One(random_, recent_);
  event.depends_on = parent_;
}

std::string Generator::Attributes() {
  const uint32_t start = 1001 + random_.Below(100);
  const std::string first = std::to_string(start);
  const std::string last = std::to_string(start + random_.Below(900));
  std::string json;
  RawMember(json, "clipIn", first);
  RawMember(json, "clipOut", last);
  Member(json, "colorSpace", "ACEScg");
  RawMember(json, "fps", random_.Percent(80) ? "24" : "25");
  RawMember(json, "frameEnd", last);
  RawMember(json, "frameStart", first);
  RawMember(json, "handleEnd", "8");
  RawMember(json, "handleStart", "8");
  Member(json, "label", Word());
  RawMember(json, "priority", std::to_string(random_.Below(100)));
  RawMember(json, "resolutionHeight", "1716");
  RawMember(json, "resolutionWidth", "4096");
  return json + '}';
}

std::string Generator::Hex(size_t digits) {
  const uint64_t words[] = {random_.Next(), random_.Next(), random_.Next(), random_.Next()};
  return HexOf(words).substr(0, digits);
}

// Rare: one of 32,768.
std::string Generator::Word() {
  std::string word;
  for (int i = 0; i < 3; ++i) word += One(random_, kSyllables);
  return word;
}

}  // namespace cuesheet::bench
