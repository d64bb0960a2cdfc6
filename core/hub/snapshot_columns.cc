#include "hub/snapshot_columns.h"

#include "base/json.h"
#include "event/snapshot_form.h"

namespace cuesheet {
namespace {

constexpr int64_t kNearTicks = 1'000'000'000'000;  // a day; beyond it the plain id is shorter

enum Name : size_t {
  kCreatedUs,
  kDependsOn,
  kDescription,
  kHash,
  kIdHead,
  kIdTail,
  kOrder,
  kPayload,
  kProject,
  kRetries,
  kSender,
  kSenderType,
  kStatus,
  kSummary,
  kTopic,
  kUpdatedUs,
  kUser
};

}  // namespace

std::string& SnapshotColumns::Column(size_t column) {
  std::string& text = columns_[column];
  if (!text.empty()) text += ',';
  return text;
}

void SnapshotColumns::Text(size_t column, const std::optional<std::string_view>& text) {
  std::string& out = Column(column);
  if (text) {
    AppendJsonString(out, *text);
  } else {
    out += "null";
  }
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
    Raw(kIdHead, std::to_string(after));
  } else {
    Text(kIdHead, head);
  }
}

void SnapshotColumns::Add(const EventView& event, bool with_payload) {
  Id(event);
  Text(kHash, event.hash);
  Text(kTopic, event.topic);
  Text(kSender, event.sender);
  Text(kSenderType, event.sender_type);
  Text(kProject, event.project);
  Text(kUser, event.user);
  Text(kDependsOn, event.depends_on ? std::optional(event.depends_on->Hex()) : std::nullopt);
  Text(kStatus, EventStatusName(event.status));
  Raw(kRetries, std::to_string(event.retries));
  Text(kDescription, event.description);
  Raw(kSummary, event.summary);
  if (with_payload) Raw(kPayload, event.payload.value_or("null"));
  Raw(kCreatedUs, std::to_string(event.created_at.us - last_us_));
  last_us_ = event.created_at.us;
  Raw(kUpdatedUs, std::to_string(event.updated_at.us - event.created_at.us));
  Raw(kOrder, std::to_string(event.creation_order - last_order_));
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
