// Random QueryFilters: mostly what the grammar and the attribute allow, now and then anything.
#include <algorithm>

#include "generate.h"
#include "text.h"

namespace cuesheet::oracle {
namespace {

using Words = std::vector<std::string>;

const Words kOperators = {"eq",          "like",       "lt",       "gt",          "lte",
                          "gte",         "ne",         "isnull",   "notnull",     "in",
                          "notin",       "includes",   "excludes", "includesall", "excludesall",
                          "includesany", "excludesany"};
const Words kOrders = {"eq", "ne", "lt", "lte", "gt", "gte", "eq"};
const Words kTextKeys = {"hash",       "topic",    "sender",       "sender_type",
                         "senderType", "project",  "project_name", "projectName",
                         "user",       "userName", "status",       "description"};
const Words kIdKeys = {"id", "dependsOn", "depends_on"};
const Words kIntegerKeys = {"retries", "creation_order", "creationOrder"};
const Words kTimeKeys = {"createdAt", "created_at", "updatedAt", "updated_at"};
const Words kJsonKeys = {"summary/a",   "summary/n",   "summary.v",   "payload/tags",
                         "payload/v",   "payload.b",   "payload/aa",  "summary/tags",
                         "summary/a/b", "payload/v.a", "payload / n", "summary/b/aa"};
const Words kNotNumerals = {"1.5", "abc", "", "1 2"};
const Words kLike = {"%",
                     "demo",
                     "%o%",
                     "_emo",
                     "show\\_b",
                     "show_b",
                     "SHOW-B",
                     "%\\%%",
                     "ENTITY.%",
                     "a_b",
                     "%é%",
                     "é",
                     "_",
                     "__",
                     "",
                     "%\\\\%",
                     "1%",
                     "%: 1%",
                     "[%]",
                     "{%",
                     "%n",
                     "%%b",
                     "50\\%",
                     "%\\",
                     "%\"n\": %\"aa\": %",
                     "{\"_\": %\"aa\": %"};

std::string TextValue(Random& random, const World& world, const std::string& key) {
  if (!world.empty() && random.Chance(60)) {
    const PlainEvent& event = random.Pick(world);
    if (key == "hash") return event.hash;
    if (key == "topic") return event.topic;
    if (key == "sender") return event.sender.value_or("");
    if (key.starts_with("sender")) return event.sender_type.value_or("api");
    if (key.starts_with("project")) return event.project.value_or("demo");
    if (key.starts_with("user")) return event.user.value_or("bob");
    if (key == "status") return event.status;
    return event.description;
  }
  return random.Chance(50) ? MakeName(random).value_or("n") : MakeText(random);
}

Json Texts(Random& random, const auto& item) {
  Json list = Json::array();
  for (size_t count = random.Below(5); count > 0; --count) list.push_back(item());
  return list;
}

Json ScalarOf(Random& random, bool (*is)(const Json&)) {
  for (;;) {
    const Json value = MakeScalar(random);
    if (is(value)) return value;
  }
}
bool IsText(const Json& value) { return value.is_string(); }
bool IsWhole(const Json& value) { return value.is_number_integer(); }
bool IsFloat(const Json& value) { return value.is_number_float(); }
bool IsOperand(const Json& value) { return !value.is_null(); }

// A string as an item of `in` must be given to meet a stored one: already escaped.
std::string Escaped(const std::string& text) {
  const std::string dumped = Json(text).dump();
  return dumped.substr(1, dumped.size() - 2);
}

Json JsonList(Random& random, bool floats_too) {
  const size_t kind = random.Below(floats_too ? 3 : 2);
  return Texts(random, [&]() -> Json {
    if (kind == 1) return ScalarOf(random, IsWhole);
    if (kind == 2) return ScalarOf(random, IsFloat);
    const auto text = ScalarOf(random, IsText).get<std::string>();
    return random.Chance(30) ? Escaped(text) : text;
  });
}

// A condition of one of the shapes that the database takes.
Json FittingCondition(Random& random, const World& world) {
  const auto order = [&] { return random.Pick(kOrders); };
  const auto in = [&] { return random.Chance(50) ? "in" : "notin"; };
  std::string key;
  std::string op;
  Json value;
  switch (random.Below(10)) {
    case 0:
    case 1:
    case 2: {
      key = random.Pick(kTextKeys);
      const auto text = [&] { return TextValue(random, world, key); };
      const size_t kind = random.Below(4);
      op = kind == 0 ? "like" : kind == 1 ? in() : order();
      value = kind == 0   ? Json(random.Chance(75) ? random.Pick(kLike) : MakeText(random))
              : kind == 1 ? Texts(random, text)
                          : Json(text());
      break;
    }
    case 3: {
      key = random.Pick(kIdKeys);
      const auto id = [&] { return IdText(random, world); };
      const bool list = random.Chance(50);
      op = list ? in() : order();
      value = list ? Texts(random, id) : Json(id());
      break;
    }
    case 4: {
      key = random.Pick(kIntegerKeys);
      const auto number = [&] { return static_cast<int64_t>(random.Below(60)) - 2; };
      const size_t kind = random.Below(5);
      op = kind < 2 ? in() : order();
      value = kind == 0   ? Texts(random, number)
              : kind == 1 ? Texts(random, [&] { return std::to_string(number()); })
              : kind == 2
                  ? Json(random.Chance(8) ? random.Pick(kNotNumerals) : std::to_string(number()))
              : kind == 3 ? Json(static_cast<double>(number()) + 0.5)
                          : Json(number() % 6);
      break;
    }
    case 5: {
      key = random.Pick(kTimeKeys);
      const bool list = random.Chance(25);
      op = list ? in() : order();
      value =
          list ? Texts(random,
                       [&] {
                         return TimeText(random.Pick(world.empty() ? World(1) : world).created_us);
                       })
               : Json(TimeArgument(random, world));
      break;
    }
    default: {
      key = random.Pick(kJsonKeys);
      const size_t kind = random.Below(8);
      if (kind < 3) {
        op = order();
        value = random.Chance(8) && (op == "eq" || op == "ne") ? Json::array()
                                                               : ScalarOf(random, IsOperand);
      } else if (kind == 3) {
        op = "like";
        value = random.Pick(kLike);
      } else if (kind == 4) {
        op = in();
        value = JsonList(random, false);
      } else {
        op = kOperators[11 + random.Below(6)];
        const bool list = op.ends_with("all") || op.ends_with("any");
        value = list ? JsonList(random, op.ends_with("all")) : ScalarOf(random, IsOperand);
      }
    }
  }
  if (random.Chance(8)) {
    op = random.Chance(50) ? "isnull" : "notnull";
    if (random.Chance(70)) value = nullptr;
    if (value.is_array()) value = Json::array();
  }
  return {{"key", key}, {"operator", op}, {"value", value}};
}

// Any key with any operator and any value.
Json AnyCondition(Random& random, const World& world) {
  static const Words odd_keys = {"summary",   "payload", "nope",       "topic/x",  "summary/a-b",
                                 "summary/0", "",        "summary//a", "attrib.x", "summary/"};
  static const std::vector<Json> values = {nullptr,
                                           true,
                                           1,
                                           1.5,
                                           "1",
                                           "x",
                                           Json::array(),
                                           {"x", "y"},
                                           {1, 2},
                                           {1.5, 2.5},
                                           {1, 2.5},
                                           {1, "x"},
                                           Json::array({nullptr}),
                                           Json::array({true}),
                                           Json::object(),
                                           {{"a", 1}},
                                           Json::array({Json::array()})};
  static const std::vector<Json> odd_operators = {"contains", "", nullptr, 5, "and"};
  static const std::vector<const Words*> keys = {&kTextKeys, &kIdKeys,   &kIntegerKeys,
                                                 &kTimeKeys, &kJsonKeys, &odd_keys};
  Json condition = FittingCondition(random, world);
  if (random.Chance(60)) condition["key"] = random.Pick(*random.Pick(keys));
  if (random.Chance(3)) condition["key"] = 5;
  if (random.Chance(60)) condition["operator"] = random.Pick(kOperators);
  if (random.Chance(10)) condition["operator"] = random.Pick(odd_operators);
  if (random.Chance(60)) condition["value"] = random.Pick(values);
  if (random.Chance(4)) return random.Pick(values);
  if (random.Chance(4)) condition.erase(random.Chance(50) ? "key" : "value");
  return condition;
}

std::string Disguised(Random& random, const std::string& op) {
  if (op == "notin") return random.Chance(50) ? "not-in" : "notIn";
  if (op.size() > 8) return op.substr(0, 8) + "_" + op.substr(8);
  std::string upper = op;
  for (char& c : upper) c = static_cast<char>(c - 32);
  return upper;
}

Json Group(Random& random, const World& world, size_t depth, size_t odd_percent) {
  Json group = Json::object();
  if (random.Chance(60))
    group["operator"] = random.Chance(60) ? "or" : random.Chance(50) ? "and" : "OR";
  if (random.Chance(2)) return group;
  group["conditions"] = Json::array();
  for (size_t count = random.Below(3) + (depth == 0 ? 1 : 0); count > 0; --count) {
    if (depth < 3 && random.Chance(20)) {
      Json inner = Group(random, world, depth + 1, odd_percent);
      if (inner.contains("conditions")) group["conditions"].push_back(std::move(inner));
      continue;
    }
    const bool odd = random.Chance(odd_percent);
    Json condition = odd ? AnyCondition(random, world) : FittingCondition(random, world);
    if (!odd && random.Chance(10)) {
      condition["operator"] = Disguised(random, condition["operator"].get<std::string>());
    } else if (!odd && condition["operator"] == "eq" && random.Chance(50)) {
      condition.erase("operator");
    }
    group["conditions"].push_back(std::move(condition));
  }
  return group;
}

}  // namespace

Json MakeFilter(Random& random, const World& world) {
  static const std::vector<Json> odd = {5,
                                        "topic",
                                        Json::array(),
                                        {{"conditions", 5}},
                                        {{"operator", "xor"}},
                                        {{"operator", nullptr}},
                                        Json::object()};
  if (random.Chance(1)) return random.Pick(odd);
  return Group(random, world, 0, random.Chance(12) ? 60 : 0);
}

}  // namespace cuesheet::oracle
