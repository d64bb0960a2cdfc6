// The topics that AYON itself sends, with the keys of their summaries (protocol.md 2 and the list
// in AYON's documentation; docs/topics.md).
#pragma once

#include <string>
#include <string_view>

namespace cuesheet {

// Steps through the table: `BuiltinTopics row; while (row.Next()) ...`.
class BuiltinTopics {
 public:
  BuiltinTopics();
  bool Next();

  // A topic, or with a `*` a pattern for more topics.
  std::string name;
  // The keys of its summary with a space between: `types:key`, or `types?key` when it may be
  // missing. Types: s string, n number, b boolean, z null, o object, a array, * any of them. The
  // last key `...` means that there may be others.
  std::string_view keys;

 private:
  std::string_view rest_;  // of the table, from the row of `name` on
  size_t index_ = 0;       // among the names of the row
};

}  // namespace cuesheet
