// Every event of a store, as columns (docs/design.md, Memory and speed). Rows are slots: a row
// number stays valid until its event is removed. Creation order is a list of rows beside them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text_arena.h"
#include "event/event.h"
#include "table/dictionary_column.h"
#include "table/row_index.h"

namespace cuesheet {

class EventTable {
 public:
  // The id and the hash must be free. A parent that is not here (yet) is kept by its id.
  Row Insert(const EventView& event);
  // Writes the named fields; the rest of `event` is not read.
  void Set(Row row, const EventView& event, FieldSet fields);
  // Gives the row another id (reuse). Children keep their parent, under its new id.
  void Rename(Row row, const Uuid& id);
  void Remove(Row row);

  Row FindById(const Uuid& id) const;
  Row FindByHash(std::string_view hash) const;
  EventView View(Row row) const;

  size_t size() const { return size_; }
  bool IsLive(Row row) const { return status_[row] != kDead; }
  Uuid id(Row row) const { return id_[row]; }
  EventStatus status(Row row) const { return static_cast<EventStatus>(status_[row]); }
  Timestamp created_at(Row row) const { return created_at_[row]; }
  Timestamp updated_at(Row row) const { return updated_at_[row]; }
  int64_t creation_order(Row row) const { return creation_order_[row]; }
  std::string_view description(Row row) const { return text_.Get(description_[row]); }
  bool HasChildren(Row row) const { return first_child_[row] != kNoRow; }
  Row FirstChild(Row row) const { return first_child_[row]; }
  Row NextSibling(Row row) const { return next_sibling_[row]; }
  uint32_t StatusCount(EventStatus status) const {
    return status_counts_[static_cast<size_t>(status)];
  }

  const DictionaryColumn& topics() const { return topic_; }
  const DictionaryColumn& projects() const { return project_; }
  const DictionaryColumn& users() const { return user_; }
  const DictionaryColumn& senders() const { return sender_; }

  // Rows by creation order, oldest first. Dead rows stand among them until the next clean-up: check
  // IsLive.
  std::span<const Row> order() const { return order_; }
  // The first position in order() whose creation order is greater than `value`.
  size_t OrderUpperBound(double value) const;
  // The first position whose creation order is not less than `value`.
  size_t OrderLowerBound(double value) const;
  // 0 when empty.
  int64_t MaxCreationOrder() const;

 private:
  static constexpr uint8_t kDead = 0xFF;

  Row NewRow();
  static uint64_t HashOfId(const Uuid& id);
  uint64_t HashKey(Row row) const;
  void PlaceInOrder(Row row);
  void TakeFromOrder(Row row);
  void SetHash(Row row, const std::optional<std::string_view>& hash);
  void ReleaseHash(Row row);
  void SetText(TextRef& ref, std::string_view text);
  void SetPayload(Row row, const std::optional<std::string_view>& payload);
  void SetParent(Row row, const std::optional<Uuid>& parent);
  void Unlink(Row row);
  void Link(Row row, Row parent);
  void AdoptWaiting(Row row);
  std::optional<Uuid> ParentId(Row row) const;
  void CompactText();
  void CompactOrder();

  std::vector<Uuid> id_;
  std::vector<uint8_t> status_;
  std::vector<uint8_t> payload_here_;
  std::vector<int32_t> retries_;
  std::vector<Timestamp> created_at_;
  std::vector<Timestamp> updated_at_;
  std::vector<int64_t> creation_order_;
  std::vector<Row> parent_;
  std::vector<Row> first_child_;
  std::vector<Row> next_sibling_;
  std::vector<TextRef> description_;
  std::vector<TextRef> summary_;
  std::vector<TextRef> payload_;
  DictionaryColumn topic_, project_, user_, sender_, sender_type_;
  TextArena text_;

  RowIndex by_id_;
  RowIndex by_hash_;                           // only hashes that are not the event's own id
  std::unordered_map<Row, std::string> hash_;  // the same
  std::map<Uuid, std::vector<Row>> waiting_;   // children of parents that are not here
  std::unordered_map<Row, Uuid> absent_parent_;
  std::vector<Row> order_;
  std::vector<Row> free_rows_;
  std::vector<Row> dead_rows_;  // still in order_
  std::vector<uint32_t> status_counts_ = std::vector<uint32_t>(kEventStatusNames.size());
  size_t size_ = 0;
};

}  // namespace cuesheet
