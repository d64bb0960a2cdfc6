#include "replica/upstream_event.h"

#include <utility>

#include "base/json.h"
#include "event/event_reader.h"
#include "query/event_query.h"
#include "store/event_store.h"

namespace cuesheet {
namespace {

// The fields of a message (9.4), of a page of GraphQL and of one of /api/query (6).
constexpr FieldSet kRowFields = FieldSet::All().Drop(Field::kCreationOrder);
constexpr FieldSet kMessageFields =
    FieldSet(kRowFields).Drop(Field::kHash).Drop(Field::kRetries).Drop(Field::kPayload);

// The values of members; false: there is no value for the field.
bool Take(const Json& value, std::string& slot) {
  if (!value.is_string()) return false;
  slot = value.get_ref<const std::string&>();
  return true;
}

bool Take(const Json& value, std::optional<std::string>& slot) {
  if (value.is_string()) slot = value.get_ref<const std::string&>();
  return true;
}

bool Take(const Json& value, std::optional<Uuid>& slot) {
  if (value.is_string()) slot = Uuid::ParseLenient(value.get_ref<const std::string&>());
  return true;
}

bool Take(const Json& value, EventStatus& slot) {
  if (!value.is_string()) return false;
  const auto status = ParseEventStatus(value.get_ref<const std::string&>());
  if (status) slot = *status;
  return status.has_value();
}

bool Take(const Json& value, int32_t& slot) {
  if (!value.is_number_integer() || value < INT32_MIN || value > INT32_MAX) return false;
  slot = value.get<int32_t>();
  return true;
}

// A time without offset is UTC (protocol.md 1.5).
bool Take(const Json& value, Timestamp& slot) {
  if (!value.is_string()) return false;
  const auto time = Timestamp::ParseIso(value.get_ref<const std::string&>());
  if (time) slot = *time;
  return time.has_value();
}

// An object, or (GraphQL) the JSON text of one.
template <typename Slot>
bool TakeObject(const Json& value, Slot& slot) {
  const Json object =
      value.is_string() ? ParseJson(value.get_ref<const std::string&>()).value_or(Json()) : value;
  if (!object.is_object()) return false;
  slot = CanonicalText(object);
  return true;
}

// Reads those of `fields` that the node has, and notes them in `out`; false: it is no event.
bool ReadNode(const Json& node, FieldSet fields, UpstreamEvent& out) {
  const Json* id = FindMember(node, "id");
  const auto parsed = id != nullptr && id->is_string()
                          ? Uuid::ParseLenient(id->get_ref<const std::string&>())
                          : std::nullopt;
  if (!parsed) return false;
  const auto read = [&](auto field, auto& slot) {
    constexpr const FieldInfo& kInfo = decltype(field)::kInfo;
    if constexpr (kInfo.field == Field::kId) {
      slot = *parsed;
    } else if constexpr (kInfo.field != Field::kCreationOrder) {
      const Json* value = fields.Has(kInfo.field) ? FindMember(node, kInfo.name) : nullptr;
      if (value == nullptr) return;
      bool is_there = false;
      if constexpr (kInfo.type != FieldType::kObject) {
        is_there = Take(*value, slot);
      } else {
        // A payload is null when it is empty (protocol.md 6.3).
        const bool is_empty = kInfo.field == Field::kPayload && value->is_null();
        is_there = TakeObject(is_empty ? Json::object() : *value, slot);
        // One that is too large for an event counts as absent.
        if constexpr (kInfo.field == Field::kPayload) {
          if (slot && slot->size() > kMaxTextBytes) slot.reset();
        }
      }
      if (is_there) out.fields.Add(kInfo.field);
    }
  };
  VisitFields(read, out.event);
  return !out.event.topic.empty();
}

// Orders from kFirstProvisionalOrder on are this replica's own.
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
  if (!ReadNode(message, kMessageFields, out) || !CheckSizes(View(out.event))) return std::nullopt;
  const Json* store = FindMember(message, "store");
  out.stored = store == nullptr || *store != false;
  const Json* progress = FindMember(message, "progress");
  if (progress != nullptr && progress->is_number()) out.progress = progress->get<double>();
  return out;
}

Result<UpstreamEvent> ParseEdge(const Json& edge) {
  const Json* node = FindMember(edge, "node");
  UpstreamEvent out;
  if (node == nullptr || !ReadNode(*node, kRowFields, out)) {
    return Fail(ErrorCode::kInvalid, "upstream sent an event without id or topic");
  }
  ReadOrder(edge, out);
  CUE_TRY(CheckSizes(View(out.event)));
  return out;
}

Result<UpstreamEvent> ParseQueryRow(const Json& row, bool with_payload) {
  Json node = Json::object();
  for (const FieldInfo& info : kFields) {
    const Json* value = FindMember(row, info.column);
    const bool is_payload = info.field == Field::kPayload;
    if (is_payload && (!with_payload || value == nullptr)) continue;
    node[info.name] = value == nullptr ? Json() : *value;
  }
  return ParseEdge({{"node", std::move(node)}});
}

Result<UpstreamEvent> ParseShown(const Json& event) {
  const std::string line = CanonicalText(event);
  EventReader reader;
  // A hub keeps an event whose texts have grown one by one. Only the texts have a limit here.
  CUE_ASSIGN(EventView view, reader.Read(line, line.size()));
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
