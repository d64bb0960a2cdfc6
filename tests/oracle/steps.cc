#include "steps.h"

#include <algorithm>

#include "filter.h"
#include "generate.h"
#include "query.h"
#include "store_adapter.h"
#include "text.h"

namespace cuesheet::oracle {
namespace {

using Words = std::vector<std::string>;

constexpr int64_t kSecond = 1'000'000;
constexpr uint32_t kLiveQueries = 4;

const Words kHashes = {"", "h1", "h2", "h3"};
const Words kWorkers = {"w1", "w2"};
// The usual queue of enroll; others are asked for as well.
const std::string kSource = "ftrack.leech";
const std::string kTarget = "ftrack.sync";
const Words kJobTopics = {kTarget, "a_b.job"};
const Words kSourceTopics = {"ftrack.*", "media.*", "entity*", "a_b.job", "*.job"};

std::string ValidTopic(Random& random) {
  if (random.Chance(25)) return kSource;
  if (random.Chance(20)) return kTarget;
  for (;;) {
    const std::string topic = MakeTopic(random);
    if (IsTopicPattern(topic)) return topic;
  }
}

// Mostly an event that is there.
std::string AnyId(Random& random, const Model& model) {
  if (model.events.empty() || random.Chance(6)) return std::string(32, 'f');
  return random.Pick(model.events).id;
}

// Often a job of the queue, so that jobs fail, are restarted and end.
std::string IdToUpdate(Random& random, const Model& model) {
  Words jobs;
  for (const PlainEvent& event : model.events) {
    if (event.topic == kTarget && event.depends_on) jobs.push_back(event.id);
  }
  return jobs.empty() || random.Chance(50) ? AnyId(random, model) : random.Pick(jobs);
}

Json MakeActor(Random& random) {
  Json actor = Json::object();
  if (random.Chance(85)) actor["user"] = random.Chance(60) ? "mona" : "bob";
  if (random.Chance(40)) actor["sender"] = random.Pick(kWorkers);
  if (random.Chance(40)) actor["senderType"] = random.Chance(50) ? "worker" : "publish";
  return actor;
}

Json MakeDispatch(Random& random, const Model& model) {
  Json body = {{"topic", ValidTopic(random)}, {"finished", random.Chance(65)}};
  const auto sometimes = [&](size_t percent, const char* name, const Json& value) {
    if (random.Chance(percent)) body[name] = value;
  };
  if (const auto project = MakeName(random); project && IsProjectPattern(*project)) {
    body["project"] = *project;
  }
  sometimes(10, "hash", model.events.empty() ? "h1" : random.Pick(model.events).hash);
  sometimes(20, "hash", random.Pick(kHashes));
  sometimes(body["topic"] == kTarget ? 70 : 25, "dependsOn", AnyId(random, model));
  sometimes(50, "description", MakeText(random));
  sometimes(50, "summary", MakeObject(random));
  sometimes(40, "payload", MakeObject(random));
  sometimes(25, "sender", random.Chance(20) ? "" : random.Pick(kWorkers));
  sometimes(40, "reuse", true);
  sometimes(4, "store", false);
  return body;
}

Json MakeUpdate(Random& random) {
  Json body = Json::object();
  const auto sometimes = [&](size_t percent, const char* name, const Json& value) {
    if (random.Chance(percent)) body[name] = random.Chance(5) ? Json() : value;
  };
  sometimes(60, "status", random.Chance(40) ? "failed" : random.Pick(kStatuses));
  sometimes(15, "description", MakeText(random));
  sometimes(15, "summary", MakeObject(random));
  sometimes(10, "payload", MakeObject(random));
  sometimes(20, "retries", random.Below(5));
  sometimes(10, "user", "eva");
  sometimes(10, "sender", random.Pick(kWorkers));
  sometimes(10, "project", "demo");
  sometimes(25, "progress", static_cast<double>(random.Below(201)) / 2);
  return body;
}

// What an upstream sends about an event: everything, the fields of a WebSocket message, or its
// place.
Json MakeMerge(Random& random, const Model& model, int64_t now) {
  Json step = Json::object();
  const bool known = !model.events.empty() && random.Chance(55);
  const PlainEvent* stored = known ? &random.Pick(model.events) : nullptr;
  step["id"] = known ? stored->id : MakeId(random);
  Json event = {{"topic", MakeTopic(random)},
                {"status", random.Pick(kStatuses)},
                {"description", MakeText(random)},
                {"summary", MakeObject(random)},
                {"dependsOn", random.Chance(30) ? Json(AnyId(random, model)) : Json()},
                // distinct by its microseconds: enroll goes by it
                {"createdAt", now - static_cast<int64_t>(random.Below(100'000)) * kSecond +
                                  now / kSecond % 999'983 + 1},
                {"updatedAt", now - static_cast<int64_t>(random.Below(60)) * kSecond}};
  const auto nullable = [&](const char* name, const std::optional<std::string>& text) {
    event[name] = text && random.Chance(80) ? Json(*text) : Json();
  };
  nullable("project", MakeName(random));
  nullable("user", MakeName(random));
  nullable("sender", random.Pick(kWorkers));
  nullable("senderType", "api");
  if (known && random.Chance(50)) {  // the same state again, a little newer or older
    event["updatedAt"] = stored->updated_us + (static_cast<int64_t>(random.Below(3)) - 1) * kSecond;
  }
  const size_t kind = random.Below(10);
  if (kind < 7) {
    event["retries"] = random.Below(5);
    event["hash"] = known && random.Chance(70) ? stored->hash : step["id"].get<std::string>();
    if (random.Chance(25)) event["hash"] = random.Pick(kHashes);
    if (!model.events.empty() && random.Chance(10)) event["hash"] = random.Pick(model.events).hash;
    event["creationOrder"] = random.Below(150) + 1;
    if (known && random.Chance(60)) event["creationOrder"] = stored->order;
    if (random.Chance(60)) event["payload"] = MakeObject(random);
  } else if (kind == 7 && known) {
    event = {{"creationOrder", random.Below(150) + 1}};
  }
  step["event"] = event;
  if (random.Chance(20)) step["progress"] = static_cast<double>(random.Below(101));
  return step;
}

Json MakeEnroll(Random& random, const Model& model) {
  Json body = {{"sourceTopic", kSource}, {"targetTopic", kTarget}};
  if (random.Chance(40)) {
    body = {{"sourceTopic", random.Pick(kSourceTopics)}, {"targetTopic", random.Pick(kJobTopics)}};
  } else if (random.Chance(15)) {
    body["sourceTopic"] = Json::array();
    for (size_t count = random.Below(4); count > 0; --count) {
      body["sourceTopic"].push_back(ValidTopic(random));
    }
  }
  const auto sometimes = [&](size_t percent, const char* name, const Json& value) {
    if (random.Chance(percent)) body[name] = value;
  };
  sometimes(25, "sequential", true);
  sometimes(50, "maxRetries", random.Below(4));
  sometimes(50, "ignoreOlderThan", random.Below(3));
  sometimes(15, "ignoreSenderTypes", random.Chance(30) ? Words{} : Words{"api", "publish"});
  sometimes(20, "description", "go");
  if (random.Chance(20)) {
    const Json filter = MakeFilter(random, model.events);
    if (!IsRefused(filter)) body["filter"] = filter;
  }
  return body;
}

Json MakeRules(Random& random) {
  Json rules = Json::array();
  for (size_t count = random.Below(3) + 1; count > 0; --count) {
    Json rule = {{"topics", MakeTopicPattern(random)}};
    if (random.Chance(50)) rule["maxAge"] = random.Below(200'000);
    if (random.Chance(50)) rule["maxEvents"] = random.Below(5);
    rules.push_back(rule);
  }
  return rules;
}

Json ValidQuery(Random& random, const Model& model) {
  for (;;) {
    const Json query = MakeQuery(random, model.events);
    if (!Ask({}, query).refused) return query;
  }
}

Json ValidFilter(Random& random, const Model& model) {
  for (;;) {
    const Json filter = MakeFilter(random, model.events);
    if (!IsRefused(filter)) return filter;
  }
}

Json MakeBody(Random& random, const Model& model, const std::map<uint32_t, Json>& live,
              int64_t now) {
  const size_t kind = random.Below(100);
  if (kind < 26) return {{"op", "dispatch"}, {"body", MakeDispatch(random, model)}};
  if (kind < 50) {
    return {{"op", "update"}, {"id", IdToUpdate(random, model)}, {"body", MakeUpdate(random)}};
  }
  if (kind < 68) {
    Json step = MakeMerge(random, model, now);
    step["op"] = "merge";
    return step;
  }
  if (kind < 84) return {{"op", "enroll"}, {"body", MakeEnroll(random, model)}};
  if (kind < 88) return {{"op", "remove"}, {"id", AnyId(random, model)}};
  if (kind < 90) return {{"op", "removeAll"}, {"filter", ValidFilter(random, model)}};
  if (kind < 92) return {{"op", "retain"}, {"rules", MakeRules(random)}};
  const auto number = static_cast<uint32_t>(random.Below(kLiveQueries));
  if (live.contains(number)) return {{"op", "close"}, {"live", number}};
  return {{"op", "open"}, {"live", number}, {"query", ValidQuery(random, model)}};
}

}  // namespace

Json MakeStep(Random& random, const Model& model, const std::map<uint32_t, Json>& live,
              int64_t now) {
  Json step = MakeBody(random, model, live, now);
  step["now"] = now;
  step["actor"] = MakeActor(random);
  if (step["op"] == "enroll") step["actor"]["sender"] = random.Pick(kWorkers);
  step["probe"] = ValidQuery(random, model);
  return step;
}

}  // namespace cuesheet::oracle
