#include "event/codec.h"

#include <charconv>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace cuesheet {
namespace {

// Everything but the texts: keys, ids, times, numbers, names of statuses.
constexpr size_t kFixedSize = 640;
constexpr size_t kMaxNumberSize = 20;
constexpr size_t kMaxCursorSize = 32;

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

void PutNumber(JsonWriter& json, int64_t number) {
  json.Written([number](char* at) { return std::to_chars(at, at + kMaxNumberSize, number).ptr; });
}

char* PutCursor(char* out, int64_t creation_order) {
  char text[kMaxNumberSize + 2] = {'['};
  char* end = std::to_chars(text + 1, text + 1 + kMaxNumberSize, creation_order).ptr;
  *end++ = ']';
  return PutBase64(out, {text, end});
}

// Why a payload is not shown; none = it is, or is not asked for.
using Why = std::optional<std::string_view>;

char* PutQueryForm(char* at, const EventView& event, const Why& unreadable) {
  JsonWriter json(at);
  Put(json.Key("id"), event.id);
  PutHash(json.Key("hash"), event);
  json.Key("topic").Text(event.topic);
  if (event.sender) json.Key("sender").Text(*event.sender);
  if (event.sender_type) json.Key("sender_type").Text(*event.sender_type);
  if (event.project) json.Key("project").Text(*event.project);
  if (event.user) json.Key("user").Text(*event.user);
  if (event.depends_on) Put(json.Key("depends_on"), *event.depends_on);
  json.Key("status").Text(EventStatusName(event.status));
  PutNumber(json.Key("retries"), event.retries);
  json.Key("description").Text(event.description);
  json.Key("summary").Raw(event.summary);
  if (unreadable) {
    json.Key("payload_error").Text(*unreadable);
  } else {
    json.Key("payload").Raw(event.payload.value_or("{}"));
  }
  Put(json.Key("created_at"), event.created_at);
  Put(json.Key("updated_at"), event.updated_at);
  return json.End();
}

char* PutForm(char* at, const EventView& event, EventForm form, std::optional<double> progress,
              bool with_payload, const Why& unreadable) {
  const bool graphql = form == EventForm::kGraphql;
  JsonWriter json(at);
  Put(json.Key("id"), event.id);
  PutHash(json.Key("hash"), event);
  json.Key("topic").Text(event.topic);
  Put(json.Key("sender"), event.sender);
  if (!graphql) Put(json.Key("senderType"), event.sender_type);
  Put(json.Key("project"), event.project);
  Put(json.Key("user"), event.user);
  Put(json.Key("dependsOn"), event.depends_on);
  json.Key("status").Text(EventStatusName(event.status));
  PutNumber(json.Key("retries"), event.retries);
  json.Key("description").Text(event.description);
  if (graphql) {
    json.Key("summary").Text(event.summary);
    const bool empty = !event.payload || *event.payload == "{}";
    Put(json.Key("payload"), empty ? std::nullopt : event.payload);
  } else {
    json.Key("summary").Raw(event.summary);
    if (form == EventForm::kRest && !unreadable)
      json.Key("payload").Raw(event.payload.value_or("{}"));
    const bool wanted = form == EventForm::kExport || (form == EventForm::kRow && with_payload);
    if (wanted && event.payload) {
      json.Key("payload").Raw(*event.payload);
    }
  }
  if (unreadable) json.Key("payloadError").Text(*unreadable);
  Put(json.Key("createdAt"), event.created_at);
  Put(json.Key("updatedAt"), event.updated_at);
  if (form == EventForm::kRow) {
    json.Key("cursor").Quoted([&](char* out) { return PutCursor(out, event.creation_order); });
    if (progress) json.Key("progress").Raw(FloatText(*progress));
  }
  return json.End();
}

// Without progress it is one cell less.
char* PutCells(char* at, const EventView& event, std::optional<double> progress) {
  JsonWriter json(at);
  Put(json.Cell(), event.id);
  Put(json.Cell(), event.hash);
  json.Cell().Text(event.topic);
  Put(json.Cell(), event.sender);
  Put(json.Cell(), event.sender_type);
  Put(json.Cell(), event.project);
  Put(json.Cell(), event.user);
  Put(json.Cell(), event.depends_on);
  json.Cell().Text(EventStatusName(event.status));
  PutNumber(json.Cell(), event.retries);
  json.Cell().Text(event.description);
  json.Cell().Raw(event.summary);
  Put(json.Cell(), event.created_at);
  if (event.updated_at == event.created_at) {
    json.Cell().Null();
  } else {
    Put(json.Cell(), event.updated_at);
  }
  json.Cell().Quoted([&](char* out) { return PutCursor(out, event.creation_order); });
  if (progress) json.Cell().Raw(FloatText(*progress));
  return json.EndArray();
}

}  // namespace

void AppendEvent(std::string& out, const EventView& event, EventForm form,
                 std::optional<double> progress, bool with_payload) {
  AppendWritten(out, Bound(event, form == EventForm::kGraphql), [&](char* at) {
    if (form == EventForm::kQuery) return PutQueryForm(at, event, {});
    if (form == EventForm::kCells) return PutCells(at, event, progress);
    return PutForm(at, event, form, progress, with_payload, {});
  });
}

void AppendUnreadable(std::string& out, const EventView& event, EventForm form,
                      std::string_view why) {
  const size_t bound = Bound(event, form == EventForm::kGraphql) + JsonStringBound(why.size());
  AppendWritten(out, bound, [&](char* at) {
    if (form == EventForm::kQuery) return PutQueryForm(at, event, why);
    return PutForm(at, event, form, std::nullopt, false, why);
  });
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

std::string CursorOf(int64_t creation_order) {
  char text[kMaxCursorSize];
  return {text, PutCursor(text, creation_order)};
}

std::string FloatText(double value) { return CanonicalText(Json(value)); }

}  // namespace cuesheet
