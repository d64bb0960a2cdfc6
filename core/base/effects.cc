#include "base/effects.h"

#include "base/json_text.h"

namespace cuesheet {

// One line, written into the queue where it stays: a batch of the change feed has 256 KB.
class EffectQueue::Line {
 public:
  Line(EffectQueue& queue, std::string_view effect) : out_(queue.lines_) {
    ++queue.count_;
    out_ += R"({"effect":")";
    out_ += effect;
    out_ += '"';
  }
  ~Line() { out_ += "}\n"; }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // `value` is JSON.
  Line& Raw(std::string_view name, std::string_view value) {
    Name(name);
    out_ += value;
    return *this;
  }
  template <typename Number>
  Line& Integer(std::string_view name, Number value) {
    return Raw(name, std::to_string(value));
  }
  Line& Text(std::string_view name, std::string_view value) {
    Name(name);
    AppendJsonString(out_, value);
    return *this;
  }
  Line& Integers(std::string_view name, std::span<const uint32_t> values) {
    Name(name);
    char separator = '[';
    for (const uint32_t value : values) {
      out_ += separator;
      out_ += std::to_string(value);
      separator = ',';
    }
    out_ += ']';
    return *this;
  }
  Line& Request(const UpstreamRequest& request) {
    Integer("request", request.number).Text("method", request.method).Text("path", request.path);
    return request.body ? Text("body", *request.body) : Raw("body", "null");
  }

 private:
  void Name(std::string_view name) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
};

void EffectQueue::Changed(uint64_t sequence) {
  Line(*this, "changed").Integer("sequence", sequence);
}

void EffectQueue::Send(std::span<const uint32_t> clients, std::string_view text) {
  if (clients.empty()) return;
  Line(*this, "send").Integers("clients", clients).Text("text", text);
}

void EffectQueue::Identify(uint32_t client, std::string_view token) {
  Line(*this, "identify").Integer("client", client).Text("token", token);
}

void EffectQueue::Remember(uint32_t client, std::string_view state) {
  Line(*this, "remember").Integer("client", client).Text("state", state);
}

void EffectQueue::Close(uint32_t client, uint16_t code) {
  Line(*this, "close").Integer("client", client).Integer("code", code);
}

void EffectQueue::Connect() { Line(*this, "connect"); }

void EffectQueue::Disconnect() { Line(*this, "disconnect"); }

// A stock server passes over the members that it does not know.
void EffectQueue::Authenticate(const AuthenticateEffect& how) {
  Line line(*this, "authenticate");
  line.Raw("subscribe", R"(["*"])").Raw("project", "null").Integer("since", how.since);
  if (!how.store.empty()) line.Text("store", how.store);
  if (how.is_relay) line.Raw("payloads", "true").Raw("snapshot", "false");
  line.Integer("version", how.version);
}

void EffectQueue::Acknowledge(uint64_t sequence) {
  Line(*this, "acknowledge").Integer("sequence", sequence);
}

void EffectQueue::Snapshot(uint64_t request, std::string_view path) {
  Line(*this, "snapshot").Integer("request", request).Text("path", path);
}

void EffectQueue::Fetch(const UpstreamRequest& request) { Line(*this, "fetch").Request(request); }

void EffectQueue::Timer(int64_t delay_ms) { Line(*this, "timer").Integer("delayMs", delay_ms); }

void EffectQueue::State(std::string_view name) { Line(*this, "state").Text("state", name); }

void EffectQueue::Write(const UpstreamRequest& request) { Line(*this, "write").Request(request); }

void EffectQueue::Wake(int64_t delay_ms) { Line(*this, "wake").Integer("delayMs", delay_ms); }

void EffectQueue::Written(const WrittenEffect& written) {
  const bool is_confirmed = written.outcome == WriteOutcome::kConfirmed;
  Line(*this, "written")
      .Integer("number", written.number)
      .Text("id", written.id)
      .Text("outcome", is_confirmed ? "confirmed" : "refused")
      .Integer("status", written.status)
      .Text("detail", written.detail);
}

void EffectQueue::Renamed(std::string_view from, std::string_view to) {
  Line(*this, "renamed").Text("from", from).Text("to", to);
}

void EffectQueue::Outbox() { Line(*this, "outbox"); }

}  // namespace cuesheet
