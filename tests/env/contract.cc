#include "contract.h"

#include <algorithm>
#include <vector>

namespace cuesheet::contract {
namespace {

#define TRY_STEP(expression)                              \
  if (std::string wrong = (expression); !wrong.empty()) { \
    return std::string(#expression) + ": " + wrong;       \
  }

constexpr size_t kLarge = 3 << 20;

std::string Done(const Result<void>& result) { return result ? "" : result.error().message; }

std::string Holds(Env& env, const std::string& name, std::string_view bytes) {
  const auto size = env.Size(name);
  if (!size) return size.error().message;
  if (*size != bytes.size()) return name + " has " + std::to_string(*size) + " bytes";
  const auto read = env.Read(name);
  if (!read) return read.error().message;
  return *read == bytes ? "" : name + " has other bytes";
}

// A refusal is a storage error that names the file.
template <typename T>
std::string Refused(const Result<T>& result, const std::string& name) {
  if (result) return "was not refused";
  if (result.error().code != ErrorCode::kStorage) return "is no storage error";
  const bool named = result.error().message.find(name) != std::string::npos;
  return named ? "" : "does not name the file: " + result.error().message;
}

std::string Lists(Env& env, std::vector<std::string> expected) {
  auto names = env.List();
  if (!names) return names.error().message;
  std::ranges::sort(*names);
  std::ranges::sort(expected);
  if (*names == expected) return "";
  std::string text = "lists";
  for (const std::string& name : *names) text += " " + name;
  return text;
}

std::string AllBytes() {
  std::string bytes;
  for (int value = 0; value < 256; value++) bytes.push_back(static_cast<char>(value));
  return bytes;
}

// Bytes of which no two pages are alike.
std::string Large() {
  std::string bytes(kLarge, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

std::string Many(const std::string& prefix, int number) {
  return prefix + std::to_string(10000000 + number);
}

using S = const std::string&;

const Stage kStages[] = {
    {"append makes a file, with any bytes",
     [](Env& env, S prefix) { return Done(env.Append(prefix + "00000001", AllBytes())); }, nullptr,
     [](Env& env, S prefix) {
       TRY_STEP(Lists(env, {prefix + "00000001"}));
       return Holds(env, prefix + "00000001", AllBytes());
     }},
    {"append goes on at the end, at once and after a reopen",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Append(prefix + "1", "one ")));
       TRY_STEP(Done(env.Append(prefix + "1", "two ")));
       return Holds(env, prefix + "1", "one two ");
     },
     [](Env& env, S prefix) { return Done(env.Append(prefix + "1", "three")); },
     [](Env& env, S prefix) { return Holds(env, prefix + "1", "one two three"); }},
    {"files may be empty",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Append(prefix + "1", "")));
       return Done(env.Write(prefix + "2", ""));
     },
     nullptr,
     [](Env& env, S prefix) {
       TRY_STEP(Lists(env, {prefix + "1", prefix + "2"}));
       TRY_STEP(Holds(env, prefix + "1", ""));
       return Holds(env, prefix + "2", "");
     }},
    {"truncate cuts, at once and after a reopen, and append goes on there",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Append(prefix + "1", "0123456789")));
       TRY_STEP(Done(env.Truncate(prefix + "1", 8)));
       return Holds(env, prefix + "1", "01234567");
     },
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Truncate(prefix + "1", 3)));
       return Done(env.Append(prefix + "1", "x"));
     },
     [](Env& env, S prefix) { return Holds(env, prefix + "1", "012x"); }},
    {"truncate to nothing leaves an empty file",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Append(prefix + "1", "0123")));
       return Done(env.Truncate(prefix + "1", 0));
     },
     nullptr, [](Env& env, S prefix) { return Holds(env, prefix + "1", ""); }},
    {"write replaces the whole, by less and by more",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Write(prefix + "1", "a long text")));
       TRY_STEP(Done(env.Write(prefix + "1", "short")));
       TRY_STEP(Holds(env, prefix + "1", "short"));
       return Done(env.Write(prefix + "2", "short"));
     },
     [](Env& env, S prefix) { return Done(env.Write(prefix + "2", "a longer text")); },
     [](Env& env, S prefix) {
       TRY_STEP(Holds(env, prefix + "1", "short"));
       return Holds(env, prefix + "2", "a longer text");
     }},
    {"rename moves a file",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Append(prefix + "1", "one")));
       TRY_STEP(Done(env.Rename(prefix + "1", prefix + "2")));
       return Lists(env, {prefix + "2"});
     },
     [](Env& env, S prefix) { return Done(env.Rename(prefix + "2", "lost-" + prefix + "2")); },
     [](Env& env, S prefix) {
       TRY_STEP(Lists(env, {"lost-" + prefix + "2"}));
       return Holds(env, "lost-" + prefix + "2", "one");
     }},
    {"rename replaces the file of that name",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Append(prefix + "1", "one")));
       return Done(env.Append(prefix + "2", "something else"));
     },
     [](Env& env, S prefix) { return Done(env.Rename(prefix + "1", prefix + "2")); },
     [](Env& env, S prefix) {
       TRY_STEP(Lists(env, {prefix + "2"}));
       return Holds(env, prefix + "2", "one");
     }},
    {"remove removes, and is content when there is nothing",
     [](Env& env, S prefix) {
       for (const char* name : {"1", "2", "3"}) {
         TRY_STEP(Done(env.Append(prefix + name, name)));
       }
       TRY_STEP(Done(env.Remove(prefix + "1")));
       return Done(env.Remove(prefix + "none"));
     },
     [](Env& env, S prefix) { return Done(env.Remove(prefix + "2")); },
     [](Env& env, S prefix) {
       TRY_STEP(Refused(env.Size(prefix + "2"), prefix + "2"));
       return Lists(env, {prefix + "3"});
     }},
    {"a removed name can be written again",
     [](Env& env, S prefix) { return Done(env.Append(prefix + "1", "old")); },
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Remove(prefix + "1")));
       return Done(env.Append(prefix + "1", "new"));
     },
     [](Env& env, S prefix) { return Holds(env, prefix + "1", "new"); }},
    {"a missing file is a storage error that names it, and stays missing",
     [](Env& env, S prefix) {
       const std::string name = prefix + "none";
       TRY_STEP(Refused(env.Size(name), name));
       TRY_STEP(Refused(env.Read(name), name));
       TRY_STEP(Refused(env.ReadAt(name, 0, 1), name));
       TRY_STEP(Refused(env.Truncate(name, 0), name));
       return Refused(env.Rename(name, prefix + "1"), name);
     },
     nullptr, [](Env& env, S) { return Lists(env, {}); }},
    {"reads take any range, and nothing past the end",
     [](Env& env, S prefix) { return Done(env.Append(prefix + "1", "0123456789")); }, nullptr,
     [](Env& env, S prefix) {
       const std::string name = prefix + "1";
       for (const auto& [offset, size] : {std::pair{0, 10}, {0, 1}, {9, 1}, {3, 4}, {10, 0}}) {
         const auto read =
             env.ReadAt(name, static_cast<uint64_t>(offset), static_cast<uint64_t>(size));
         if (!read) return read.error().message;
         if (*read != std::string("0123456789")
                          .substr(static_cast<size_t>(offset), static_cast<size_t>(size))) {
           return std::string("a range has other bytes");
         }
       }
       TRY_STEP(Refused(env.ReadAt(name, 0, 11), name));
       TRY_STEP(Refused(env.ReadAt(name, 9, 2), name));
       return Refused(env.ReadAt(name, 11, 1), name);
     }},
    {"a file of 3 MiB",
     [](Env& env, S prefix) {
       const std::string bytes = Large();
       TRY_STEP(Done(env.Write(prefix + "1", bytes)));
       return Done(env.Append(prefix + "1", "end"));
     },
     nullptr,
     [](Env& env, S prefix) {
       const auto middle = env.ReadAt(prefix + "1", kLarge / 2, 1000);
       if (!middle || *middle != Large().substr(kLarge / 2, 1000)) return std::string("the middle");
       return Holds(env, prefix + "1", Large() + "end");
     }},
    {"many files, of which some go",
     [](Env& env, S prefix) {
       for (int i = 0; i < 300; i++) {
         TRY_STEP(Done(env.Append(Many(prefix, i), std::to_string(i))));
       }
       return std::string();
     },
     [](Env& env, S prefix) {
       for (int i = 0; i < 300; i += 2) {
         TRY_STEP(Done(env.Remove(Many(prefix, i))));
       }
       return std::string();
     },
     [](Env& env, S prefix) {
       std::vector<std::string> names;
       for (int i = 1; i < 300; i += 2) names.push_back(Many(prefix, i));
       TRY_STEP(Lists(env, names));
       for (int i = 1; i < 300; i += 2) {
         TRY_STEP(Holds(env, Many(prefix, i), std::to_string(i)));
       }
       return std::string();
     }},
    {"names have digits, hyphens and letters of both cases",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Write(prefix + "0-9-z", "lower")));
       return Done(env.Write(prefix + "0-9-Z", "upper"));
     },
     nullptr,
     [](Env& env, S prefix) {
       TRY_STEP(Holds(env, prefix + "0-9-z", "lower"));
       return Holds(env, prefix + "0-9-Z", "upper");
     }},
    {"several changes of one file between two commits end as the last one",
     [](Env& env, S prefix) {
       TRY_STEP(Done(env.Append(prefix + "1", "first")));
       TRY_STEP(Done(env.Write(prefix + "1", "second")));
       TRY_STEP(Done(env.Rename(prefix + "1", prefix + "2")));
       TRY_STEP(Done(env.Append(prefix + "2", "-third")));
       TRY_STEP(Done(env.Truncate(prefix + "2", 10)));
       TRY_STEP(Done(env.Append(prefix + "1", "gone")));
       return Done(env.Remove(prefix + "1"));
     },
     nullptr,
     [](Env& env, S prefix) {
       TRY_STEP(Lists(env, {prefix + "2"}));
       return Holds(env, prefix + "2", "second-thi");
     }},
};

}  // namespace

std::span<const Stage> Stages() { return kStages; }

}  // namespace cuesheet::contract
