#include "event/codec.h"

#include "base/base64.h"
#include "base/json.h"

namespace cuesheet {
namespace {

// Writes `"key":value` members with the commas between them.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void Key(std::string_view key) {
    out_ += first_ ? "\"" : ",\"";
    first_ = false;
    out_ += key;
    out_ += "\":";
  }
  void Raw(std::string_view key, std::string_view json) {
    Key(key);
    out_ += json;
  }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    AppendJsonString(out_, text);
  }
  void Nullable(std::string_view key, const std::optional<std::string_view>& text) {
    if (text) {
      Text(key, *text);
    } else if (!skip_nulls_) {
      Raw(key, "null");
    }
  }
  void Time(std::string_view key, Timestamp time) {
    Key(key);
    out_ += '"';
    time.AppendIso(out_);
    out_ += '"';
  }
  void Id(std::string_view key, const std::optional<Uuid>& id) {
    if (id) {
      Key(key);
      out_ += '"';
      id->AppendHex(out_);
      out_ += '"';
    } else if (!skip_nulls_) {
      Raw(key, "null");
    }
  }
  void Hash(const EventView& event) {
    if (event.hash) {
      Text("hash", *event.hash);
    } else {
      Id("hash", event.id);
    }
  }
  void SkipNulls() { skip_nulls_ = true; }
  void End() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
  bool skip_nulls_ = false;
};

void AppendQueryForm(std::string& out, const EventView& event) {
  ObjectWriter json(out);
  json.SkipNulls();
  json.Id("id", event.id);
  json.Hash(event);
  json.Text("topic", event.topic);
  json.Nullable("sender", event.sender);
  json.Nullable("sender_type", event.sender_type);
  json.Nullable("project", event.project);
  json.Nullable("user", event.user);
  json.Id("depends_on", event.depends_on);
  json.Text("status", EventStatusName(event.status));
  json.Raw("retries", std::to_string(event.retries));
  json.Text("description", event.description);
  json.Raw("summary", event.summary);
  json.Raw("payload", event.payload.value_or("{}"));
  json.Time("created_at", event.created_at);
  json.Time("updated_at", event.updated_at);
  json.End();
}

}  // namespace

void AppendEvent(std::string& out, const EventView& event, EventForm form,
                 std::optional<double> progress, bool with_payload) {
  if (form == EventForm::kQuery) {
    AppendQueryForm(out, event);
    return;
  }
  const bool graphql = form == EventForm::kGraphql;
  ObjectWriter json(out);
  json.Id("id", event.id);
  json.Hash(event);
  json.Text("topic", event.topic);
  json.Nullable("sender", event.sender);
  if (!graphql) json.Nullable("senderType", event.sender_type);
  json.Nullable("project", event.project);
  json.Nullable("user", event.user);
  json.Id("dependsOn", event.depends_on);
  json.Text("status", EventStatusName(event.status));
  json.Raw("retries", std::to_string(event.retries));
  json.Text("description", event.description);
  if (graphql) {
    json.Text("summary", event.summary);
    const bool empty = !event.payload || *event.payload == "{}";
    json.Nullable("payload", empty ? std::nullopt : event.payload);
  } else {
    json.Raw("summary", event.summary);
    if (form == EventForm::kRest) json.Raw("payload", event.payload.value_or("{}"));
    if (form == EventForm::kRow && with_payload && event.payload) {
      json.Raw("payload", *event.payload);
    }
  }
  json.Time("createdAt", event.created_at);
  json.Time("updatedAt", event.updated_at);
  if (form == EventForm::kRow) {
    json.Text("cursor", CursorOf(event.creation_order));
    if (progress) json.Raw("progress", FloatText(*progress));
  }
  json.End();
}

std::string SocketMessage(const Change& change) {
  const EventView event = View(change.event);
  std::string out;
  ObjectWriter json(out);
  json.Time("createdAt", event.created_at);
  json.Id("dependsOn", event.depends_on);
  json.Text("description", event.description);
  json.Id("id", event.id);
  if (change.is_dispatch) {
    json.Raw("progress", event.status == EventStatus::kFinished ? "100" : "0.0");
  } else if (change.progress) {
    json.Raw("progress", FloatText(*change.progress));
  }
  json.Nullable("project", event.project);
  json.Nullable("sender", event.sender);
  json.Nullable("senderType", event.sender_type);
  json.Text("status", EventStatusName(event.status));
  if (change.is_dispatch) {
    json.Raw("store", change.kind == ChangeKind::kTransient ? "false" : "true");
  }
  json.Raw("summary", event.summary);
  json.Text("topic", event.topic);
  json.Time("updatedAt", event.updated_at);
  json.Nullable("user", event.user);
  json.End();
  return out;
}

std::string CursorOf(int64_t creation_order) {
  return Base64Encode('[' + std::to_string(creation_order) + ']');
}

std::string FloatText(double value) { return CanonicalText(Json(value)); }

}  // namespace cuesheet
