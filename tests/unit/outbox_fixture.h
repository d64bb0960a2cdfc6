// An outbox whose upstream is the test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "replica/outbox.h"
#include "small_store.h"
#include "upstream_answers.h"

namespace cuesheet::testing {

struct OutboxFixture : StoreFixture {
  EffectQueue effects;
  Outbox outbox{&store, &effects};

  OutboxFixture() : StoreFixture(StoreRole::kReplica) {}

  std::vector<Json> Effects(std::string_view kind) {
    std::vector<Json> list;
    const std::string lines = effects.Take();
    for (size_t from = 0; from < lines.size();) {
      const size_t to = lines.find('\n', from);
      Json effect = Json::parse(lines.substr(from, to - from));
      if (effect["effect"] == kind) list.push_back(std::move(effect));
      from = to + 1;
    }
    return list;
  }
  Outbox::Queued Dispatch(const char* body = R"({"topic":"demo.a","summary":{"a":1}})") {
    return outbox.Dispatch(Json::parse(body), {"mona", {}, {}}, Now(), Draw()).value();
  }
  Outbox::Queued Update(const Uuid& id, const char* body) {
    return outbox.Update(id, Json::parse(body), Now()).value();
  }
  // What is sent next; null when nothing is.
  Json Pump(bool may_send = true) {
    CUE_ASSERT(outbox.Pump(may_send, Now(), Draw()).has_value());
    const auto sent = Effects("write");
    return sent.empty() ? Json() : sent.front();
  }
  void Answer(const Json& sent, int status, const Json& body = {{"detail", "no"}}) {
    const std::string text = status == 0 || status == 204 ? "" : body.dump();
    const UpstreamAnswer answer = AnswerOf(status, text);
    CUE_ASSERT(outbox.Answered(sent["request"], answer, Now(), Draw()).has_value());
  }
  // Something in front of the upstream answers in its place.
  void Intercept(const Json& sent, int status) {
    const UpstreamAnswer page{status, "<title>Sign in</title>", "text/html"};
    CUE_ASSERT(outbox.Answered(sent["request"], page, Now(), Draw()).has_value());
  }
  // A row of the upstream, as a walk brings it.
  void Row(const Event& event, FieldSet fields = FieldSet::All().Drop(Field::kPayload)) {
    CUE_ASSERT(outbox.Merge(event, fields, std::nullopt).has_value());
  }
  Event Upstream(const Uuid& id, int64_t order) {
    Event event = Own(View(id));
    event.creation_order = order;
    event.created_at =
        event.updated_at = {1'700'000'000'000'000};  // earlier than the device's clock
    return event;
  }
  // An event of the upstream, with the hash "shared".
  Event Theirs() {
    const Uuid id = Dispatch(R"({"topic":"demo.theirs","hash":"shared"})").id;
    Event theirs = Upstream(id, 7);
    Answer(Pump(), 200, {{"id", id.Hex()}});
    Row(theirs);
    return theirs;
  }
  Json List() {
    std::string text;
    CUE_ASSERT(outbox.AppendList(text).has_value());
    return Json::parse(text);
  }
};

inline constexpr Uuid kServerId = {{0x5e, 1}};

}  // namespace cuesheet::testing
