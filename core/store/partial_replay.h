// Brings a table up to date while a part of its events is not loaded yet: changes of other events
// wait for their block (docs/storage.md, Open).
//
// Blocks are written while changes go on, so a block may hold a later state of an event than the
// state before a change. A change writes whole fields, so applying it again does no harm, and after
// the last change every event has its final state.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "event/change.h"
#include "journal/block.h"
#include "table/event_table.h"

namespace cuesheet {

class PartialReplay {
 public:
  // touch(order) is called for every event that differs from its block.
  PartialReplay(EventTable* table, std::function<void(int64_t)> touch)
      : table_(table), touch_(std::move(touch)) {}

  void Apply(const Change& change);
  void Load(const BlockEvent& loaded);
  // Whether an event that is not loaded yet got another creation order.
  bool has_moved() const { return has_moved_; }
  // Events with changes that were never loaded; forgets them.
  size_t Finish();

 private:
  const Uuid& FirstId(const Uuid& id) const;
  Uuid IdAfter(uint64_t sequence, Uuid id) const;
  void Write(Row row, const Change& change);
  void TouchChildren(Row row);

  EventTable* table_;
  std::function<void(int64_t)> touch_;
  std::map<Uuid, std::vector<Change>> waiting_;  // by the id in the block
  std::map<Uuid, Uuid> first_ids_;               // the first ids of replaced events
  struct Rename {
    uint64_t sequence;
    Uuid from;
    Uuid to;
  };
  std::vector<Rename> renames_;
  std::set<Uuid> gone_;
  bool has_moved_ = false;
};

}  // namespace cuesheet
