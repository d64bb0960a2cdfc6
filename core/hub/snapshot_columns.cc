#include "hub/snapshot_columns.h"

#include <algorithm>

#include "base/json.h"
#include "event/snapshot_form.h"

namespace cuesheet {
namespace {

constexpr int64_t kNearTicks = 1'000'000'000'000;  // a day; beyond it the plain id is shorter

constexpr std::string_view ColumnName(const FieldInfo& info) {
  switch (info.field) {
    case Field::kId:
      return kIdHeadColumn;
    case Field::kCreatedAt:
      return kCreatedColumn;
    case Field::kUpdatedAt:
      return kUpdatedColumn;
    case Field::kCreationOrder:
      return kOrderColumn;
    default:
      return info.name;
  }
}

// In ascending order, so that the line is canonical JSON.
constexpr auto kNames = [] {
  std::array<std::string_view, kFields.size() + 1> names = {kIdTailColumn};
  std::ranges::transform(kFields, names.begin() + 1, ColumnName);
  std::ranges::sort(names);
  return names;
}();

constexpr size_t PlaceOf(std::string_view name) {
  return static_cast<size_t>(std::ranges::find(kNames, name) - kNames.begin());
}

constexpr size_t kIdHead = PlaceOf(kIdHeadColumn);
constexpr size_t kIdTail = PlaceOf(kIdTailColumn);

}  // namespace

std::string& SnapshotColumns::Column(size_t column) {
  std::string& text = columns_[column];
  if (!text.empty()) text += ',';
  return text;
}

void SnapshotColumns::Put(size_t column, const std::optional<std::string_view>& text) {
  std::string& out = Column(column);
  if (text) {
    AppendJsonString(out, *text);
  } else {
    out += "null";
  }
}

void SnapshotColumns::Put(size_t column, const std::optional<Uuid>& id) {
  const std::string hex = id ? id->Hex() : "";
  Put(column, id ? std::optional<std::string_view>(hex) : std::nullopt);
}

void SnapshotColumns::Id(const EventView& event) {
  const std::string hex = event.id.Hex();
  const std::string_view head = std::string_view(hex).substr(0, kIdTailDigits);
  columns_[kIdTail] += std::string_view(hex).substr(kIdTailDigits);
  const auto ticks = event.id.Ticks();
  // The clock of an id is mostly that of its event's creation, so the difference is a short number.
  const int64_t after = ticks ? *ticks - event.created_at.us * 10 : 0;
  const bool is_near = ticks && -kNearTicks < after && after < kNearTicks;
  if (is_near) {
    Number(kIdHead, after);
  } else {
    Put(kIdHead, head);
  }
}

void SnapshotColumns::Add(const EventView& event, bool with_payload) {
  const auto add = [&](auto field, const auto& value) {
    constexpr const FieldInfo& kInfo = decltype(field)::kInfo;
    constexpr size_t kColumn = PlaceOf(ColumnName(kInfo));
    if constexpr (kInfo.field == Field::kId) {
      Id(event);
    } else if constexpr (kInfo.field == Field::kPayload) {
      if (with_payload) Raw(kColumn, value.value_or("null"));
    } else if constexpr (kInfo.field == Field::kSummary) {
      Raw(kColumn, value);
    } else if constexpr (kInfo.field == Field::kCreatedAt) {
      Number(kColumn, value.us - last_us_);
    } else if constexpr (kInfo.field == Field::kUpdatedAt) {
      Number(kColumn, value.us - event.created_at.us);
    } else if constexpr (kInfo.field == Field::kCreationOrder) {
      Number(kColumn, value - last_order_);
    } else {
      Put(kColumn, value);
    }
  };
  VisitFields(add, event);
  last_us_ = event.created_at.us;
  last_order_ = event.creation_order;
  bytes_ = 0;
  for (const std::string& column : columns_) bytes_ += column.size();
}

void SnapshotColumns::AppendTo(std::string& out) const {
  if (bytes_ == 0) return;
  out += R"({"columns":{)";
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].empty()) continue;
    if (i > 0) out += ',';
    out += '"';
    out += kNames[i];
    out += i == kIdTail ? "\":\"" : "\":[";
    out += columns_[i];
    out += i == kIdTail ? '"' : ']';
  }
  out += "}}\n";
}

}  // namespace cuesheet
