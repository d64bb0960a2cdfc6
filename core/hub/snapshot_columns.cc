#include "hub/snapshot_columns.h"

#include <utility>

#include "base/json.h"

namespace cuesheet {
namespace {

enum Name : size_t {
  kId,
  kHash,
  kTopic,
  kSender,
  kSenderType,
  kProject,
  kUser,
  kDependsOn,
  kStatus,
  kRetries,
  kDescription,
  kSummary,
  kPayload,
  kCreatedUs,
  kUpdatedUs,
  kOrder
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

void SnapshotColumns::Add(const EventView& event, bool with_payload) {
  Text(kId, event.id.Hex());
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
  bool is_first = true;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].empty()) continue;
    if (!std::exchange(is_first, false)) out += ',';
    out += '"';
    out += kNames[i];
    out += "\":[";
    out += columns_[i];
    out += ']';
  }
  out += "}}\n";
}

}  // namespace cuesheet
