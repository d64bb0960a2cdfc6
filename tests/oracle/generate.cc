#include "generate.h"

#include <algorithm>

#include "query.h"
#include "text.h"

namespace cuesheet::oracle {
namespace {

using Words = std::vector<std::string>;

constexpr int64_t kEpoch = 1'774'000'000'000'000;  // 2026-03-20T09:46:40Z
constexpr int64_t kHour = 3'600'000'000;

const Words kTopics = {"entity",
                       "entity.folder.created",
                       "entity.task.created",
                       "log.info",
                       "log.error",
                       "media.import",
                       "Media.Import",
                       "a_b.job",
                       "axb.job",
                       "a*b",
                       "entity.%",
                       "ftrack.sync",
                       "ftrack.leech"};
const Words kPatterns = {"entity*",      "entity.*", "*.created", "log.*",  "log.info",
                         "media.import", "a_b.job",  "a*b",       "e*t*d",  "ftrack.*",
                         "ent*y.t_sk.*", "axb.job",  "no.such",   "media*", "ftrack.sync"};
const Words kNames = {"demo", "Demo", "show_b", "show-b", "showxb", "alice", "bob"};
const Words kSenders = {"worker-01", "worker_01", "workerx01", "tab", ""};
const Words kSenderTypes = {"api", "publish", "worker"};
const Words kTexts = {
    "",          "Folder sh010 created", "rendering SH010", "50% done",  "50 done", "a_b under",
    "axb under", "back\\slash",          "Žlůtý kůň",       "zluty kun", "Straße",  "ﬁnal cut",
    "北京人",    "e\u0301clair",         "done 🎬 now",     "a\u00A0b",  "가난",    "가나"};
const Words kKeys = {"a", "b", "n", "aa", "tags", "v"};

std::string Scramble(Random& random) {
  std::string text;
  for (size_t count = random.Below(7); count > 0; --count) {
    if (random.Chance(45)) {
      text += random.Pick(Letters()).text;
    } else {
      text += static_cast<char>(' ' + random.Below(95));
    }
  }
  return text;
}

std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

Json MakeValue(Random& random, int depth) {
  const size_t kind = depth == 0 ? 0 : random.Below(10);
  if (kind < 6) return MakeScalar(random);
  if (kind < 8) {
    Json list = Json::array();
    for (size_t count = random.Below(4); count > 0; --count) {
      list.push_back(MakeValue(random, depth - 1));
    }
    return list;
  }
  Json object = Json::object();
  for (size_t count = random.Below(3); count > 0; --count) {
    object[random.Pick(kKeys)] = MakeValue(random, depth - 1);
  }
  return object;
}

std::string CursorArgument(Random& random, const World& world) {
  static const Words odd = {
      "",           "!!notbase64", Base64("null"),         Base64("[null]"), Base64("[]"),
      Base64("{}"), Base64("[5"),  Base64("[3.5, \"x\"]"), Base64("[-5]")};
  if (world.empty() || random.Chance(8)) return random.Pick(odd);
  const std::string order = std::to_string(random.Pick(world).order);
  return random.Chance(10) ? Base64('[' + order + ".5]") : CursorText(random.Pick(world).order);
}

// Mostly words of an event, in part or in capitals, so that something is found.
std::string SearchText(Random& random, const World& world) {
  if (world.empty() || random.Chance(30)) return MakeText(random);
  std::string text;
  for (size_t count = random.Below(2) + 1; count > 0; --count) {
    const PlainEvent& event = random.Pick(world);
    const std::vector<std::string> columns = {event.topic, event.project.value_or(""),
                                              event.user.value_or(""), event.description};
    const auto characters = CodePointsOf(random.Pick(columns));
    const size_t from =
        characters.empty() ? 0 : random.Below(std::min<size_t>(3, characters.size()));
    for (size_t at = from; at < characters.size() && at < from + 6; ++at) text += characters[at];
    text += ' ';
  }
  return random.Chance(25) ? Upper(text) : text;
}

Json List(Random& random, size_t most, const auto& item) {
  Json list = Json::array();
  for (size_t count = random.Below(most + 1); count > 0; --count) list.push_back(item());
  return list;
}

}  // namespace

Json MakeScalar(Random& random) {
  static const Json scalars = Json::parse(R"([
    null, true, false,
    "", "1", "a", "b", "B", "ab", "é", "É", "a%", "a_b", "a\"b", "c\\d", "x\ny", "false",
    0, 1, 1.0, 1.5, 2, 2.5, 3, -1, -1.5, 10, 0.5, 3e9, 3000000000, -2147483648.0,
    9007199254740993, 9007199254740992.0, 12345678901234567890
  ])");
  return random.Pick(scalars);
}

std::string Hyphenated(std::string id) {
  for (const size_t at : {20U, 16U, 12U, 8U}) id.insert(at, "-");
  return id;
}

std::string MakeId(Random& random) {
  // The first digits differ in sign when read as signed bytes.
  std::string id = random.Chance(50) ? "0" : "e";
  while (id.size() < 30) id += '0';
  id += "0123456789abcdef"[random.Below(16)];
  id += "0123456789abcdef"[random.Below(16)];
  return id;
}

int64_t MakeTime(Random& random) {
  const int64_t hour = kEpoch + static_cast<int64_t>(random.Below(8)) * kHour;
  static const std::vector<int64_t> fractions = {10, 500'000, 250'001};
  return random.Chance(50) ? hour : hour + random.Pick(fractions);
}

std::string IdText(Random& random, const World& world) {
  std::string id = world.empty() || random.Chance(15) ? MakeId(random) : random.Pick(world).id;
  if (random.Chance(25)) id = Hyphenated(id);
  return random.Chance(15) ? Upper(id) : id;
}

std::string TimeArgument(Random& random, const World& world) {
  static const Words broken = {
      "nonsense", "2026-13-01", "2026-02-30", "2026-03-20T25:00:00Z", "2026-03-20T10:60:00",
      "20:00"};
  if (random.Chance(4)) return random.Pick(broken);
  const int64_t us =
      world.empty() || random.Chance(30) ? MakeTime(random) : random.Pick(world).created_us;
  const std::string iso = IsoTime(us);
  const std::string bare = iso.substr(0, iso.size() - 6);
  switch (random.Below(6)) {
    case 0:
      return bare;
    case 1:
      return bare + "Z";
    case 2:
      return iso.substr(0, 10);
    case 3: {
      const std::string east = IsoTime(us + 2 * kHour);
      return east.substr(0, east.size() - 6) + "+02:00";
    }
    case 4: {
      std::string spaced = iso;
      spaced[10] = ' ';
      return spaced;
    }
    default:
      return iso;
  }
}

std::string MakeTopic(Random& random) { return random.Pick(kTopics); }
std::string MakeTopicPattern(Random& random) { return random.Pick(kPatterns); }
std::string MakeText(Random& random) {
  return random.Chance(60) ? random.Pick(kTexts) : Scramble(random);
}
std::optional<std::string> MakeName(Random& random) {
  if (random.Chance(20)) return std::nullopt;
  return random.Chance(10) ? "Žlutý" : random.Pick(kNames);  // no query's pattern allows the first
}

Json MakeObject(Random& random) {
  Json object = Json::object();
  if (random.Chance(20)) return object;
  for (const std::string& key : kKeys) {
    if (random.Chance(55)) object[key] = MakeValue(random, 2);
  }
  return object;
}

World MakeWorld(Random& random) {
  World world;
  const size_t size = random.Below(random.Below(41) + 1);  // often few, sometimes 40
  int64_t order = 0;
  for (size_t i = 0; i < size; ++i) {
    PlainEvent event;
    do {
      event.id = MakeId(random);
    } while (std::ranges::find(world, event.id, &PlainEvent::id) != world.end());
    event.hash = random.Chance(60) ? event.id : "hash " + std::to_string(i);
    event.topic = MakeTopic(random);
    if (random.Chance(70)) event.sender = random.Pick(kSenders);
    if (random.Chance(70)) event.sender_type = random.Pick(kSenderTypes);
    event.project = MakeName(random);
    event.user = MakeName(random);
    // A parent may arrive later, or never.
    if (random.Chance(30)) event.depends_on = MakeId(random);
    event.status = random.Pick(kStatuses);
    event.retries = static_cast<int64_t>(random.Below(5)) - 1;
    event.description = MakeText(random);
    event.summary = MakeObject(random);
    event.payload = MakeObject(random);
    event.created_us = MakeTime(random);
    event.updated_us = MakeTime(random);
    event.order = order += static_cast<int64_t>(random.Below(3)) + 1;
    world.push_back(std::move(event));
  }
  for (size_t i = world.size(); i > 1; --i) std::swap(world[i - 1], world[random.Below(i)]);
  return world;
}

Json MakeQuery(Random& random, const World& world) {
  Json query = Json::object();
  const auto sometimes = [&](size_t percent, const char* name, const auto& make) {
    if (random.Chance(percent)) query[name] = random.Chance(3) ? Json() : Json(make());
  };
  const auto name = [&] { return random.Chance(2) ? "a b" : random.Pick(kNames); };
  const auto status = [&] { return random.Pick(kStatuses); };
  const auto count = [&] { return random.Chance(2) ? -1 : static_cast<int>(random.Below(8)); };
  sometimes(7, "ids", [&] {
    return List(random, 6, [&] { return random.Chance(2) ? "abc" : IdText(random, world); });
  });
  sometimes(15, "topics", [&] {
    return List(random, 4, [&] { return random.Chance(2) ? "%" : MakeTopicPattern(random); });
  });
  sometimes(6, "projects", [&] { return List(random, 4, name); });
  sometimes(6, "users", [&] { return List(random, 4, name); });
  sometimes(8, "statuses", [&] { return List(random, 4, status); });
  sometimes(5, "states", [&] { return List(random, 4, status); });
  sometimes(8, "hasChildren", [&] { return random.Chance(50); });
  sometimes(6, "olderThan", [&] { return random.Chance(5) ? "" : TimeArgument(random, world); });
  sometimes(6, "newerThan", [&] { return random.Chance(5) ? "" : TimeArgument(random, world); });
  sometimes(20, "filter", [&] { return SearchText(random, world); });
  sometimes(60, "includeLogs", [&] { return random.Chance(90); });
  sometimes(30, "first", count);
  sometimes(30, "last", count);
  sometimes(18, "after", [&] { return CursorArgument(random, world); });
  sometimes(18, "before", [&] { return CursorArgument(random, world); });
  sometimes(85, "where", [&] { return MakeFilter(random, world); });
  return query;
}

}  // namespace cuesheet::oracle
