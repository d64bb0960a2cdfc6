// Every event of a store, as columns (docs/design.md, Memory and speed). Rows are slots: a row
// number stays valid until its event is removed. Creation order is a list of rows beside them.
//
// A row takes kRowBytes and its text, and 8 more when any event of the store has a payload.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/text_arena.h"
#include "event/event.h"
#include "table/block_summary.h"
#include "table/column.h"
#include "table/dictionary_column.h"
#include "table/kept_counts.h"
#include "table/payload_arena.h"
#include "table/row_index.h"
#include "table/row_observer.h"
#include "table/row_order.h"
#include "table/text_signature.h"
#include "table/value_index.h"

namespace cuesheet {

// The one key of summaries with an index, because most questions about an entity use it
// (protocol.md 2).
inline constexpr std::string_view kIndexedSummaryKey = "entityId";

// Calls visit(row) for each, from the end on when they go backwards, until it returns false; false
// when it did.
template <typename Visit>
bool VisitRows(std::span<const Row> rows, bool are_backwards, Visit& visit) {
  const size_t last = rows.size() - 1;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!visit(rows[are_backwards ? last - i : i])) return false;
  }
  return true;
}

class EventTable {
 public:
  // Of the columns; by_id_ takes 6 to 13 more.
  static constexpr size_t kRowBytes = 118;

  EventTable() = default;
  EventTable(const EventTable&) = delete;
  EventTable& operator=(const EventTable&) = delete;

  // The observer is called with every change from now on, and must outlive the table.
  void AddObserver(RowObserver* observer) { observers_.push_back(observer); }

  // The id and the hash must be free. A parent without a row is kept by its id.
  Row Insert(const EventView& event);
  // Writes the named fields; the rest of `event` is not read.
  void Set(Row row, const EventView& event, FieldSet fields);
  // Gives the row another id (reuse). Children keep their parent, under its new id.
  void Rename(Row row, const Uuid& id);
  // The same for an event without a row; returns its children.
  std::vector<Row> RenameAbsent(const Uuid& from, const Uuid& to);
  void Remove(Row row);
  // Calls the observers because the row shows something else, although its columns are the same.
  void ShowChange(Row row) {
    for (RowObserver* observer : observers_) observer->RowShowsChange(row);
  }
  // The most that the next new row makes the table allocate, without its texts, in bytes.
  size_t BytesOfNewRow() const;
  // Dead text takes at most about this much memory before it is compacted, also when there is far
  // more living text; by default as much as the living text.
  void BoundDeadText(uint64_t bytes) { text_.BoundDead(bytes); }
  // The payload of a row that has none: bytes in a chunk that was defined (docs/storage.md).
  void AdoptPayload(Row row, TextRef ref);
  // Moves the payload's bytes out of a cold chunk, into one that no file holds; false when they
  // cannot be read now.
  bool MovePayload(Row row);

  Row FindById(const Uuid& id) const;
  Row FindByHash(std::string_view hash) const;
  // With the payload; fails as payload() does.
  Result<EventView> View(Row row) const;
  // Cheaper, and never asks for a cold chunk.
  EventView ViewWithoutPayload(Row row) const;

  size_t size() const { return size_; }
  // Row numbers are below this.
  size_t row_limit() const { return id_.size(); }
  bool IsLive(Row row) const { return flags_[row] != kDead; }
  Uuid id(Row row) const { return id_[row]; }
  EventStatus status(Row row) const { return static_cast<EventStatus>(flags_[row] & kStatusBits); }
  int32_t retries(Row row) const;
  Timestamp created_at(Row row) const { return created_at_[row]; }
  Timestamp updated_at(Row row) const { return updated_at_[row]; }
  int64_t creation_order(Row row) const { return creation_order_[row]; }
  std::string_view description(Row row) const { return text_.Get(description_[row]); }
  // That of the folded description.
  const TextSignature& description_signature(Row row) const { return signature_[row]; }
  // Whether folding the description only lowers its ASCII letters.
  bool HasPlainDescription(Row row) const { return (flags_[row] & kPlainDescription) != 0; }
  // Canonical JSON text of an object.
  std::string_view summary(Row row) const;
  // The same; none = not here, a replica fetches it on demand. Fails as the source of payloads()
  // does. Valid until the next one is read.
  Result<std::optional<std::string_view>> payload(Row row) const;
  // Of description, summary and payload.
  size_t TextBytes(Row row) const {
    const size_t payload = row < payload_.size() ? payload_[row].size() : 0;
    return size_t{description_[row].size()} + summary_[row].size() + payload;
  }
  bool HasPayload(Row row) const { return (flags_[row] & kPayloadHere) != 0; }
  // Where its bytes are; an empty object has none.
  TextRef payload_ref(Row row) const { return row < payload_.size() ? payload_[row] : TextRef(); }
  PayloadArena& payloads() { return payloads_; }
  const PayloadArena& payloads() const { return payloads_; }
  Row Parent(Row row) const { return parent_[row]; }
  // The same by id, also for a parent without a row.
  std::optional<Uuid> ParentId(Row row) const;
  // None = the event's own id.
  std::optional<std::string_view> own_hash(Row row) const;
  bool HasChildren(Row row) const { return newest_child_[row] != kNoRow; }
  // Calls visit(child) for each child, in the order of their arrival, until it returns false.
  // The table must not change meanwhile.
  template <typename Visit>
  void VisitChildren(Row row, Visit visit) const {
    const Row newest = newest_child_[row];
    if (newest == kNoRow) return;
    for (Row child = next_sibling_[newest];; child = next_sibling_[child]) {
      if (!visit(child) || child == newest) return;
    }
  }

  const DictionaryColumn& topics() const { return topic_; }
  const DictionaryColumn& projects() const { return project_; }
  const DictionaryColumn& users() const { return user_; }
  const DictionaryColumn& senders() const { return sender_; }
  const DictionaryColumn& sender_types() const { return sender_type_; }
  const KeptCounts& counts() const { return counts_; }
  // The row's value for each facet.
  KeptCounts::Codes codes(Row row) const;

  // The blocks of a range. The table must not change meanwhile.
  RowOrder::Walk Blocks(const OrderRange& range) const;
  // Calls visit(row) by creation order until it returns false. The table must not change meanwhile.
  template <typename Visit>
  void VisitRange(const OrderRange& range, Visit visit) const {
    for (RowOrder::Walk blocks = Blocks(range); blocks.Next();) {
      if (!VisitRows(blocks.rows(), range.newest_first, visit)) return;
    }
  }
  // Calls visit(row) for every event whose summary has this text as kIndexedSummaryKey.
  template <typename Visit>
  void VisitIndexed(std::string_view value, Visit visit) const {
    by_value_.VisitBucket(HashOfValue(value), [&](Row row) {
      if (IndexedValue(row) == value) visit(row);
    });
  }
  // Oldest first.
  void SortByOrder(std::vector<Row>& rows) const;
  // 0 when empty.
  int64_t MaxCreationOrder() const;

 private:
  static constexpr uint8_t kStatusBits = 0x07;
  static_assert(kEventStatusNames.size() - 1 <= kStatusBits);
  static constexpr uint8_t kPayloadHere = 0x08;
  static constexpr uint8_t kPlainDescription = 0x10;
  static constexpr uint8_t kDead = 0xFF;

  Row NewRow();
  void MakeRoomForRow();  // in every column at once, because they grow together
  void SetColumns(Row row, const EventView& event, FieldSet fields);
  void FillView(EventView& view, Row row) const;  // but for the payload
  void TellLeaves(Row row);
  void TellEnters(Row row);
  void Count(Row row);
  void Uncount(Row row);
  static uint64_t HashOfId(const Uuid& id);
  uint64_t HashKey(Row row) const;
  static uint64_t HashOfValue(std::string_view value);
  std::optional<std::string_view> IndexedValue(Row row) const;
  void PlaceInOrder(Row row);
  void TakeFromOrder(Row row);
  // The block of a row that is in the order.
  BlockSummary& BlockOf(Row row);
  void AddValues(BlockSummary& block, Row row) const;
  void SetHash(Row row, const std::optional<std::string_view>& hash);
  void ReleaseHash(Row row);
  void SetDescription(Row row, std::string_view text);
  void SetSummary(Row row, std::string_view text);
  void SetPayload(Row row, const std::optional<std::string_view>& payload);
  void SetRetries(Row row, int32_t retries);
  void SetParent(Row row, const std::optional<Uuid>& parent);
  void Unlink(Row row);
  void Link(Row row, Row parent);
  void AdoptWaiting(Row row);
  void CompactText();

  Column<Uuid> id_;
  Column<uint8_t> flags_;  // status, kPayloadHere, kPlainDescription; kDead
  Column<Timestamp> created_at_;
  Column<Timestamp> updated_at_;
  Column<int64_t> creation_order_;
  Column<Row> parent_;
  // Children form a ring: each points at the next newer one, and the newest at the oldest. Adding a
  // child and removing the oldest one cost the same at any size.
  Column<Row> newest_child_;
  Column<Row> next_sibling_;
  Column<TextRef> description_;
  Column<TextSignature> signature_;
  Column<TextRef> summary_;
  Column<TextRef> payload_;  // by row, as far as any event has one
  DictionaryColumn topic_, project_, user_, sender_, sender_type_;
  TextArena text_;         // descriptions and summaries
  PayloadArena payloads_;  // apart, because scans never read them

  RowIndex by_id_;
  RowIndex by_hash_;                           // only hashes that are not the event's own id
  std::unordered_map<Row, std::string> hash_;  // the same
  ValueIndex by_value_;
  std::unordered_map<Row, int32_t> retries_;  // those that are not 0
  std::map<Uuid, std::vector<Row>> waiting_;  // children of parents without a row
  std::unordered_map<Row, Uuid> absent_parent_;
  RowOrder order_;
  std::vector<Row> free_rows_;
  KeptCounts counts_;
  std::vector<RowObserver*> observers_;
  std::string folded_;  // scratch
  size_t size_ = 0;
};

}  // namespace cuesheet
