#include "replica/upstream_event.h"

#include <utility>

#include "base/json.h"
#include "event/event_reader.h"
#include "query/event_query.h"
#include "store/event_store.h"

namespace cuesheet {
namespace {

// Reads members that may be missing or null; what was there is noted in `fields`.
class NodeReader {
 public:
  NodeReader(const Json& node, UpstreamEvent& out) : node_(node), out_(out) {}

  void Text(std::string_view name, std::string& slot, Field field) const {
    const Json* value = FindMember(node_, name);
    if (value == nullptr || !value->is_string()) return;
    slot = value->get<std::string>();
    out_.fields.Add(field);
  }
  void Nullable(std::string_view name, std::optional<std::string>& slot, Field field) const {
    const Json* value = FindMember(node_, name);
    if (value == nullptr) return;
    if (value->is_string()) slot = value->get<std::string>();
    out_.fields.Add(field);
  }
  // A time without offset is UTC (protocol.md 1.5).
  void Time(std::string_view name, Timestamp& slot, Field field) const {
    const Json* value = FindMember(node_, name);
    if (value == nullptr || !value->is_string()) return;
    const auto time = Timestamp::ParseIso(value->get_ref<const std::string&>());
    if (!time) return;
    slot = *time;
    out_.fields.Add(field);
  }
  void Summary() const {
    const Json* value = FindMember(node_, "summary");
    const Json summary = value == nullptr ? Json() : ObjectOf(*value);
    if (!summary.is_object()) return;
    out_.event.summary = CanonicalText(summary);
    out_.fields.Add(Field::kSummary);
  }
  // Null when it is empty (protocol.md 6.3). One that an event has no room for is not here.
  void Payload() const {
    const Json* value = FindMember(node_, "payload");
    if (value == nullptr) return;
    const Json payload = value->is_null() ? Json::object() : ObjectOf(*value);
    if (!payload.is_object()) return;
    out_.event.payload = CanonicalText(payload);
    if (out_.event.payload->size() > kMaxTextBytes) out_.event.payload.reset();
    out_.fields.Add(Field::kPayload);
  }
  void Status() const {
    const Json* value = FindMember(node_, "status");
    if (value == nullptr || !value->is_string()) return;
    const auto status = ParseEventStatus(value->get_ref<const std::string&>());
    if (!status) return;
    out_.event.status = *status;
    out_.fields.Add(Field::kStatus);
  }
  void Parent() const {
    const Json* value = FindMember(node_, "dependsOn");
    if (value == nullptr) return;
    if (value->is_string()) {
      out_.event.depends_on = Uuid::ParseLenient(value->get_ref<const std::string&>());
    }
    out_.fields.Add(Field::kDependsOn);
  }
  // What a message, a page of GraphQL and one of /api/query have in common; false: no event.
  bool Common() const {
    const Json* id = FindMember(node_, "id");
    const auto parsed = id != nullptr && id->is_string()
                            ? Uuid::ParseLenient(id->get_ref<const std::string&>())
                            : std::nullopt;
    if (!parsed) return false;
    Event& event = out_.event;
    event.id = *parsed;
    Text("topic", event.topic, Field::kTopic);
    Nullable("sender", event.sender, Field::kSender);
    Nullable("senderType", event.sender_type, Field::kSenderType);
    Nullable("project", event.project, Field::kProject);
    Nullable("user", event.user, Field::kUser);
    Parent();
    Status();
    Text("description", event.description, Field::kDescription);
    Summary();
    Time("createdAt", event.created_at, Field::kCreatedAt);
    Time("updatedAt", event.updated_at, Field::kUpdatedAt);
    return !event.topic.empty();
  }

 private:
  // An object, or (GraphQL) the JSON text of one.
  static Json ObjectOf(const Json& value) {
    if (!value.is_string()) return value;
    return ParseJson(value.get_ref<const std::string&>()).value_or(Json());
  }

  const Json& node_;
  UpstreamEvent& out_;
};

// From kFirstProvisionalOrder on they are this replica's own.
bool IsUpstreamOrder(double order) {
  return order >= 0 && order < static_cast<double>(kFirstProvisionalOrder);
}

void ReadOrder(const Json& object, UpstreamEvent& out) {
  const std::string_view cursor = TextMember(object, "cursor");
  const auto order = ParseCursor(cursor);
  if (cursor.empty() || !order || !*order || !IsUpstreamOrder(**order)) return;
  out.event.creation_order = static_cast<int64_t>(**order);
  out.fields.Add(Field::kCreationOrder);
}

}  // namespace

std::unexpected<Error> BrokenUpstream(std::string_view what) {
  return Fail(ErrorCode::kInvalid, "upstream: " + std::string(what));
}

std::optional<UpstreamEvent> ParseSocketEvent(const Json& message) {
  UpstreamEvent out;
  if (!NodeReader(message, out).Common() || !CheckSizes(View(out.event))) return std::nullopt;
  const Json* store = FindMember(message, "store");
  out.stored = store == nullptr || *store != false;
  const Json* progress = FindMember(message, "progress");
  if (progress != nullptr && progress->is_number()) out.progress = progress->get<double>();
  return out;
}

Result<UpstreamEvent> ParseEdge(const Json& edge) {
  const Json* node = FindMember(edge, "node");
  UpstreamEvent out;
  if (node == nullptr || !NodeReader(*node, out).Common()) {
    return Fail(ErrorCode::kInvalid, "upstream sent an event without id or topic");
  }
  NodeReader(*node, out).Nullable("hash", out.event.hash, Field::kHash);
  NodeReader(*node, out).Payload();
  const Json* retries = FindMember(*node, "retries");
  if (retries != nullptr && retries->is_number_integer() && *retries >= INT32_MIN &&
      *retries <= INT32_MAX) {
    out.event.retries = retries->get<int32_t>();
    out.fields.Add(Field::kRetries);
  }
  ReadOrder(edge, out);
  CUE_TRY(CheckSizes(View(out.event)));
  return out;
}

Result<UpstreamEvent> ParseQueryRow(const Json& row, bool with_payload) {
  static constexpr std::pair<const char*, const char*> kNames[] = {{"id", "id"},
                                                                   {"hash", "hash"},
                                                                   {"topic", "topic"},
                                                                   {"sender", "sender"},
                                                                   {"project", "project"},
                                                                   {"user", "user"},
                                                                   {"status", "status"},
                                                                   {"retries", "retries"},
                                                                   {"summary", "summary"},
                                                                   {"description", "description"},
                                                                   {"sender_type", "senderType"},
                                                                   {"depends_on", "dependsOn"},
                                                                   {"created_at", "createdAt"},
                                                                   {"updated_at", "updatedAt"}};
  Json node = Json::object();
  for (const auto& [theirs, ours] : kNames) {
    const Json* value = FindMember(row, theirs);
    node[ours] = value == nullptr ? Json() : *value;
  }
  const Json* payload = FindMember(row, "payload");
  if (with_payload && payload != nullptr) node["payload"] = *payload;
  return ParseEdge({{"node", std::move(node)}});
}

Result<UpstreamEvent> ParseShown(const Json& event) {
  const std::string line = CanonicalText(event);
  EventReader reader;
  CUE_ASSIGN(EventView view, reader.Read(line));
  view.creation_order = -1;
  UpstreamEvent out = Shown(view);
  ReadOrder(event, out);
  const Json* progress = FindMember(event, "progress");
  if (progress != nullptr && progress->is_number()) out.progress = progress->get<double>();
  return out;
}

UpstreamEvent Shown(const EventView& event) {
  UpstreamEvent out{.event = Own(event), .fields = FieldSet::All(), .progress = {}};
  if (!event.payload) out.fields.Drop(Field::kPayload);
  if (!IsUpstreamOrder(static_cast<double>(event.creation_order))) {
    out.fields.Drop(Field::kCreationOrder);
  }
  return out;
}

}  // namespace cuesheet
