#include "replica/snapshot_rows.h"

#include <charconv>
#include <optional>

#include "base/json_text.h"
#include "replica/upstream_event.h"

namespace cuesheet {
namespace {

std::vector<std::string_view> ValuesOf(std::string_view array) {
  std::vector<std::string_view> values;
  if (!array.starts_with('[') || array == "[]") return values;
  for (size_t at = 1; at < array.size();) {
    const size_t end = SkipJsonValue(array, at);
    values.push_back(array.substr(at, end - at));
    at = end + 1;
  }
  return values;
}

std::string_view Unquoted(std::string_view text) { return text.substr(1, text.size() - 2); }

std::optional<int64_t> NumberOf(std::string_view value) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool is_whole = error == std::errc() && end == value.data() + value.size();
  return is_whole ? std::optional(number) : std::nullopt;
}

// Adds any numbers; the result may not be a valid time or order.
int64_t Sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

}  // namespace

Result<SnapshotRows> SnapshotRows::Of(std::string_view columns) {
  SnapshotRows rows;
  VisitMembers(columns, [&](std::string_view name, std::string_view value) {
    if (name == kIdTailColumn) {
      if (value.starts_with('"')) rows.id_tails_ = Unquoted(value);
    } else {
      rows.Place(name) = {.name = name, .values = ValuesOf(value)};
    }
    return true;
  });
  const size_t count = rows.left();
  bool is_whole = count > 0 && rows.id_tails_.size() % kIdTailDigits == 0;
  for (const Column* column :
       {&rows.id_heads_, &rows.created_us_, &rows.updated_us_, &rows.orders_}) {
    is_whole = is_whole && column->values.size() == count;
  }
  if (!is_whole) return BrokenUpstream("a snapshot has columns without whole ids, times or orders");
  for (const Column& column : rows.columns_) {
    if (column.values.size() != count) {
      return BrokenUpstream("the columns of a snapshot are not of one length");
    }
  }
  return rows;
}

SnapshotRows::Column& SnapshotRows::Place(std::string_view name) {
  if (name == kIdHeadColumn) return id_heads_;
  if (name == kCreatedColumn) return created_us_;
  if (name == kUpdatedColumn) return updated_us_;
  if (name == kOrderColumn) return orders_;
  return columns_.emplace_back();
}

Result<EventView> SnapshotRows::Next() {
  EventView event;
  FieldSet read = FieldSet().Add(Field::kCreatedAt).Add(Field::kUpdatedAt);
  reader_.Begin();
  for (const Column& column : columns_) {
    CUE_TRY(reader_.Member(column.name, column.values[row_], event, read));
  }
  const auto created = NumberOf(created_us_.values[row_]);
  const auto updated = NumberOf(updated_us_.values[row_]);
  const auto order = NumberOf(orders_.values[row_]);
  if (!created || !updated || !order) {
    return BrokenUpstream("a time or an order of a snapshot is no whole number");
  }
  created_.us = Sum(created_.us, *created);
  event.created_at = created_;
  event.updated_at.us = Sum(created_.us, *updated);
  if (!event.created_at.IsValid() || !event.updated_at.IsValid()) {
    return BrokenUpstream("a time of a snapshot is out of range");
  }
  event.creation_order = order_ = Sum(order_, *order);
  CUE_ASSIGN(event.id, Id());
  id_tails_.remove_prefix(kIdTailDigits);
  ++row_;
  return EventReader::Complete(event, read);
}

// The clock of a version 1 uuid as its distance from the creation, or else its first half
// unchanged.
Result<Uuid> SnapshotRows::Id() const {
  const std::string_view head = id_heads_.values[row_];
  const bool is_text = head.starts_with('"');
  std::string hex(is_text ? Unquoted(head) : std::string_view("0000000000000000"));
  hex += id_tails_.substr(0, kIdTailDigits);
  const auto id = Uuid::Parse(hex);
  const auto ticks = NumberOf(head);
  if (!id || (!is_text && !ticks)) {
    return BrokenUpstream("an id of a snapshot is not 32 hex digits");
  }
  return is_text ? *id : Uuid::FromTicks(Sum(created_.us * 10, *ticks), *id);
}

}  // namespace cuesheet
