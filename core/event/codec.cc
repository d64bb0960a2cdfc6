#include "event/codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "event/graphql_fields.h"

namespace cuesheet {
namespace {

// Everything but the texts: keys, ids, times, numbers, names of statuses.
constexpr size_t kFixedSize = 640;
constexpr size_t kMaxNumberSize = 20;
// A value that is no text: an id, a time, a number, a status, null.
constexpr size_t kMaxPlainSize = 48;

// The most bytes that any form of the event takes.
size_t Bound(const EventView& event, bool as_text) {
  const auto text = [](const std::optional<std::string_view>& value) {
    return JsonStringBound(value ? value->size() : 0);
  };
  const size_t payload = event.payload ? event.payload->size() : 0;
  const size_t json = event.summary.size() + payload;
  return kFixedSize + (as_text ? 2 * JsonStringBound(json) : json) + text(event.hash) +
         text(event.topic) + text(event.sender) + text(event.sender_type) + text(event.project) +
         text(event.user) + text(event.description);
}

void Put(JsonWriter& json, std::string_view text) { json.Text(text); }

void Put(JsonWriter& json, const std::optional<std::string_view>& text) {
  if (text) {
    json.Text(*text);
  } else {
    json.Null();
  }
}

void Put(JsonWriter& json, const Uuid& id) {
  json.Quoted([&id](char* at) { return id.PutHex(at); });
}

void Put(JsonWriter& json, const std::optional<Uuid>& id) {
  if (id) {
    Put(json, *id);
  } else {
    json.Null();
  }
}

void Put(JsonWriter& json, EventStatus status) { json.Text(EventStatusName(status)); }

void Put(JsonWriter& json, int32_t number) {
  json.Written([number](char* at) { return std::to_chars(at, at + kMaxNumberSize, number).ptr; });
}

void Put(JsonWriter& json, Timestamp time) {
  json.Quoted([time](char* at) { return time.PutIso(at); });
}

void PutHash(JsonWriter& json, const EventView& event) {
  if (event.hash) {
    json.Text(*event.hash);
  } else {
    Put(json, event.id);
  }
}

// Why a payload is not shown; none = it is, or is not asked for.
using Why = std::optional<std::string_view>;

template <typename Value>
constexpr bool kIsNullable = false;
template <typename Value>
constexpr bool kIsNullable<std::optional<Value>> = true;

// The payload as a form of JSON shows it; none = it is left out.
std::optional<std::string_view> ShownPayload(const EventView& event, EventForm form,
                                             bool with_payload) {
  if (form == EventForm::kExport) return event.payload;
  if (form == EventForm::kRow) return with_payload ? event.payload : std::nullopt;
  return event.payload.value_or("{}");
}

template <bool is_query, size_t index>
JsonWriter& Key(JsonWriter& json, FieldAt<index> /*field*/) {
  constexpr const FieldInfo& kInfo = FieldAt<index>::kInfo;
  constexpr std::string_view kName = is_query ? kInfo.column : kInfo.name;
  return json.Key<kName.size()>(kName);
}

// A form that is an object, besides kGraphql. kQuery, and only that, is snake_case and leaves out
// what is null.
template <bool is_query>
char* PutObject(char* at, const EventView& event, EventForm form, std::optional<double> progress,
                bool with_payload, const Why& unreadable) {
  JsonWriter json(at);
  const auto put = [&](auto field, const auto& value) {
    constexpr const FieldInfo& kInfo = decltype(field)::kInfo;
    const auto key = [&]() -> JsonWriter& { return Key<is_query>(json, field); };
    if constexpr (kInfo.field == Field::kHash) {
      PutHash(key(), event);
    } else if constexpr (kInfo.field == Field::kSummary) {
      key().Raw(value);
    } else if constexpr (kInfo.field == Field::kPayload) {
      const auto shown = unreadable ? std::nullopt : ShownPayload(event, form, with_payload);
      if (shown) key().Raw(*shown);
      constexpr std::string_view kWhyName = is_query ? "payload_error" : "payloadError";
      if (unreadable) json.Key<kWhyName.size()>(kWhyName).Text(*unreadable);
    } else if constexpr (is_query && kIsNullable<std::remove_cvref_t<decltype(value)>>) {
      if (value) Put(key(), *value);
    } else if constexpr (kInfo.field != Field::kCreationOrder) {
      Put(key(), value);
    }
  };
  VisitFields(put, event);
  if (form == EventForm::kRow) {
    json.Key("cursor").Quoted([&](char* out) { return PutCursor(out, event.creation_order); });
    if (progress) json.Key("progress").Raw(FloatText(*progress));
  }
  return json.End();
}

// One field of kGraphql: JSON as text, an empty payload as null.
template <size_t index>
char* PutGraphql(char* at, const EventView& event) {
  constexpr Field kField = FieldAt<index>::kInfo.field;
  JsonWriter json(at);
  if constexpr (kField == Field::kHash) {
    PutHash(json, event);
  } else if constexpr (kField == Field::kPayload) {
    Put(json, event.payload == "{}" ? std::nullopt : event.payload);
  } else if constexpr (kField != Field::kCreationOrder) {
    Put(json, FieldAt<index>::ValueIn(event));
  }
  return json.at();
}

// The place of a field in kFields.
size_t IndexOf(Field field) {
  const auto bit = static_cast<uint32_t>(field);
  return bit == 0 ? 0 : static_cast<size_t>(std::countr_zero(bit)) + 1;
}

constexpr auto kPutGraphql = []<size_t... index>(std::index_sequence<index...>) {
  return std::array{&PutGraphql<index>...};
}(std::make_index_sequence<kFields.size()>());

char* PutGraphqlObject(char* at, const EventView& event, const Why& unreadable) {
  JsonWriter json(at);
  const auto put = [&](auto field, const auto& /*value*/) {
    constexpr const FieldInfo& kInfo = decltype(field)::kInfo;
    if constexpr (kInfo.field != Field::kSenderType && kInfo.field != Field::kCreationOrder) {
      Key<false>(json, field).Written([&](char* out) {
        return PutGraphqlField(out, event, kInfo.field);
      });
    }
    if constexpr (kInfo.field == Field::kPayload) {
      if (unreadable) json.Key("payloadError").Text(*unreadable);
    }
  };
  VisitFields(put, event);
  return json.End();
}

// Without progress it is one cell less.
char* PutCells(char* at, const EventView& event, std::optional<double> progress) {
  JsonWriter json(at);
  const auto put = [&](auto field, const auto& value) {
    constexpr Field kField = decltype(field)::kInfo.field;
    if constexpr (kField == Field::kSummary) {
      json.Cell().Raw(value);
    } else if constexpr (kField == Field::kUpdatedAt) {
      value == event.created_at ? json.Cell().Null() : Put(json.Cell(), value);
    } else if constexpr (kField == Field::kCreationOrder) {
      json.Cell().Quoted([value](char* out) { return PutCursor(out, value); });
    } else if constexpr (kField != Field::kPayload) {
      Put(json.Cell(), value);
    }
  };
  VisitFields(put, event);
  if (progress) json.Cell().Raw(FloatText(*progress));
  return json.EndArray();
}

// What AppendEvent and AppendUnreadable write; kCells shows no reason.
char* PutEvent(char* at, const EventView& event, EventForm form, std::optional<double> progress,
               bool with_payload, const Why& unreadable) {
  switch (form) {
    case EventForm::kCells:
      return PutCells(at, event, progress);
    case EventForm::kGraphql:
      return PutGraphqlObject(at, event, unreadable);
    case EventForm::kQuery:
      return PutObject<true>(at, event, form, progress, with_payload, unreadable);
    default:
      return PutObject<false>(at, event, form, progress, with_payload, unreadable);
  }
}

}  // namespace

char* PutGraphqlField(char* out, const EventView& event, Field field) {
  return kPutGraphql[IndexOf(field)](out, event);
}

size_t GraphqlFieldBound(const EventView& event, Field field) {
  const auto text = [](const std::optional<std::string_view>& value) {
    return std::max(JsonStringBound(value ? value->size() : 0), kMaxPlainSize);
  };
  switch (field) {
    case Field::kHash:
      return text(event.hash);
    case Field::kTopic:
      return text(event.topic);
    case Field::kSender:
      return text(event.sender);
    case Field::kSenderType:
      return text(event.sender_type);
    case Field::kProject:
      return text(event.project);
    case Field::kUser:
      return text(event.user);
    case Field::kDescription:
      return text(event.description);
    case Field::kSummary:
      return text(event.summary);
    case Field::kPayload:
      return text(event.payload);
    default:
      return kMaxPlainSize;
  }
}

void AppendEvent(std::string& out, const EventView& event, EventForm form,
                 std::optional<double> progress, bool with_payload) {
  AppendWritten(out, Bound(event, form == EventForm::kGraphql),
                [&](char* at) { return PutEvent(at, event, form, progress, with_payload, {}); });
}

void AppendUnreadable(std::string& out, const EventView& event, EventForm form,
                      std::string_view why) {
  const size_t bound = Bound(event, form == EventForm::kGraphql) + JsonStringBound(why.size());
  AppendWritten(out, bound,
                [&](char* at) { return PutEvent(at, event, form, std::nullopt, false, why); });
}

std::string SocketMessage(const Change& change) {
  const EventView event = View(change.event);
  std::string out;
  AppendWritten(out, Bound(event, false), [&](char* at) {
    JsonWriter json(at);
    Put(json.Key("createdAt"), event.created_at);
    Put(json.Key("dependsOn"), event.depends_on);
    json.Key("description").Text(event.description);
    Put(json.Key("id"), event.id);
    if (change.is_dispatch) {
      json.Key("progress").Raw(event.status == EventStatus::kFinished ? "100" : "0.0");
    } else if (change.progress) {
      json.Key("progress").Raw(FloatText(*change.progress));
    }
    Put(json.Key("project"), event.project);
    Put(json.Key("sender"), event.sender);
    Put(json.Key("senderType"), event.sender_type);
    json.Key("status").Text(EventStatusName(event.status));
    if (change.is_dispatch) {
      json.Key("store").Raw(change.kind == ChangeKind::kTransient ? "false" : "true");
    }
    json.Key("summary").Raw(event.summary);
    json.Key("topic").Text(event.topic);
    Put(json.Key("updatedAt"), event.updated_at);
    Put(json.Key("user"), event.user);
    return json.End();
  });
  return out;
}

char* PutCursor(char* out, int64_t creation_order) {
  char text[kMaxNumberSize + 2] = {'['};
  char* end = std::to_chars(text + 1, text + 1 + kMaxNumberSize, creation_order).ptr;
  *end++ = ']';
  return PutBase64(out, {text, end});
}

std::string CursorOf(int64_t creation_order) {
  char text[kMaxCursorSize];
  return {text, PutCursor(text, creation_order)};
}

std::string FloatText(double value) { return CanonicalText(Json(value)); }

}  // namespace cuesheet
