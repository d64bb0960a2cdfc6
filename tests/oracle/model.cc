#include "model.h"

#include <algorithm>
#include <set>

#include "filter.h"
#include "query.h"
#include "text.h"

namespace cuesheet::oracle {
namespace {

// A member that is neither missing nor null.
bool Has(const Json& fields, const char* name) {
  return fields.contains(name) && !fields[name].is_null();
}

std::optional<std::string> TextOf(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

Json JsonOf(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

void Write(PlainEvent& event, const std::string& name, const Json& value) {
  if (name == "hash") event.hash = value;
  if (name == "topic") event.topic = value;
  if (name == "sender") event.sender = TextOf(value);
  if (name == "senderType") event.sender_type = TextOf(value);
  if (name == "project") event.project = TextOf(value);
  if (name == "user") event.user = TextOf(value);
  if (name == "dependsOn") event.depends_on = TextOf(value);
  if (name == "status") event.status = value;
  if (name == "retries") event.retries = value;
  if (name == "description") event.description = value;
  if (name == "summary") event.summary = value;
  if (name == "payload") event.payload = value;
  if (name == "createdAt") event.created_us = value;
  if (name == "updatedAt") event.updated_us = value;
  if (name == "creationOrder") event.order = value;
}

}  // namespace

const PlainEvent* Model::Find(const std::string& id) const {
  const auto it = std::ranges::find(events, id, &PlainEvent::id);
  return it == events.end() ? nullptr : &*it;
}

PlainEvent* Model::FindById(const std::string& id) {
  const auto it = std::ranges::find(events, id, &PlainEvent::id);
  return it == events.end() ? nullptr : &*it;
}

PlainEvent* Model::FindByHash(const std::string& hash) {
  const auto it = std::ranges::find(events, hash, &PlainEvent::hash);
  return it == events.end() ? nullptr : &*it;
}

bool Model::HasChildren(const std::string& id) const {
  return std::ranges::any_of(events, [&](const PlainEvent& e) { return e.depends_on == id; });
}

void Model::Erase(std::string id) {  // by value: it may be a part of what goes
  std::erase_if(events, [&](const PlainEvent& event) { return event.id == id; });
  progress.erase(id);
}

// A final event has no progress; otherwise the last report stays.
void Model::Note(const std::string& id, std::optional<double> told) {
  const std::string& status = Find(id)->status;
  if (status == "finished" || status == "failed" || status == "aborted") {
    progress.erase(id);
  } else if (told) {
    progress[id] = *told;
  }
}

std::string Model::Dispatch(const Json& body, const Json& actor, int64_t now,
                            const std::string& id) {
  PlainEvent event;
  event.id = event.hash = id;
  for (const char* name : {"topic", "project", "description", "summary", "payload"}) {
    if (Has(body, name)) Write(event, name, body[name]);
  }
  const bool own_sender = Has(body, "sender") && body["sender"] != "";
  event.sender = TextOf(own_sender ? body["sender"] : actor.value("sender", Json()));
  event.sender_type = actor.value("senderType", "api");
  event.user = TextOf(actor.value("user", Json()));
  event.status = body.value("finished", true) ? "finished" : "pending";
  event.created_us = event.updated_us = now;
  if (!body.value("store", true)) return "told";
  PlainEvent* taken = Has(body, "hash") ? FindByHash(body["hash"]) : nullptr;
  const bool reuse = body.value("reuse", false);
  if (taken != nullptr && (!reuse || HasChildren(taken->id))) return "conflict";
  if (taken != nullptr) {
    event.hash = taken->hash;
    event.created_us = taken->created_us;
    event.order = taken->order;
    event.retries = taken->retries;
    Erase(taken->id);
  } else if (Has(body, "hash")) {
    event.hash = body["hash"];
  }
  // A parent that is not here, or is just being replaced, is dropped.
  if (Has(body, "dependsOn") && Find(body["dependsOn"]) != nullptr) {
    event.depends_on = body["dependsOn"];
  }
  events.push_back(event);
  return taken != nullptr ? "replaced" : "stored";
}

std::string Model::Update(const std::string& id, const Json& body, const Json& actor, int64_t now) {
  PlainEvent* event = FindById(id);
  if (event == nullptr) return "not_found";
  for (const auto& [name, value] : body.items()) {
    if (!value.is_null()) Write(*event, name, value);
  }
  if (!Has(body, "sender") && actor.contains("sender")) event->sender = actor["sender"];
  if (actor.contains("senderType")) event->sender_type = actor["senderType"];
  if (!event->user) event->user = TextOf(actor.value("user", Json()));
  event->updated_us = now;
  Note(id, Has(body, "progress") ? std::optional(body["progress"].get<double>()) : std::nullopt);
  return "updated";
}

std::string Model::Remove(const std::string& id) {
  if (Find(id) == nullptr) return "nothing";
  if (HasChildren(id)) return "conflict";
  Erase(id);
  return "removed";
}

std::string Model::RemoveAll(const Json& filter) {
  std::set<std::string> doomed;
  for (const PlainEvent& event : events) {
    if (Matches(filter, event)) doomed.insert(event.id);
  }
  for (const PlainEvent& event : events) {
    if (event.depends_on && doomed.contains(*event.depends_on) && !doomed.contains(event.id)) {
      return "conflict";
    }
  }
  for (const std::string& id : doomed) Erase(id);
  return "removed";
}

void Model::Merge(const std::string& id, Json fields, std::optional<double> told) {
  PlainEvent* stored = FindById(id);
  if (stored != nullptr && fields.contains("updatedAt") &&
      fields["updatedAt"] < stored->updated_us) {
    // An older state only fills in what is not known here.
    Json fixed = Json::object();
    for (const char* name : {"hash", "createdAt", "creationOrder"}) {
      if (fields.contains(name)) fixed[name] = fields[name];
    }
    fields = fixed;
    if (progress.contains(id)) told = std::nullopt;
  }
  const PlainEvent* same = fields.contains("hash") ? FindByHash(fields["hash"]) : nullptr;
  if (same != nullptr && same->id != id) {  // replaced upstream under this id
    const std::string old = same->id;
    if (stored == nullptr) {
      FindById(old)->id = id;
      progress.erase(old);
      for (PlainEvent& event : events) {
        if (event.depends_on == old) event.depends_on = id;
      }
    } else {
      Erase(old);
    }
  }
  stored = FindById(id);
  if (stored == nullptr) {
    PlainEvent fresh;
    fresh.id = fresh.hash = id;
    fresh.payload = nullptr;  // not here until the upstream sends it
    stored = &events.emplace_back(fresh);
  }
  for (const auto& [name, value] : fields.items()) Write(*stored, name, value);
  Note(id, told);
}

size_t Model::EraseClosed(std::vector<std::string> doomed) {
  size_t gone = 0;
  for (bool more = true; more;) {
    more = false;
    for (const std::string& id : doomed) {
      if (Find(id) == nullptr || HasChildren(id)) continue;
      Erase(id);
      ++gone;
      more = true;
    }
  }
  return gone;
}

size_t Model::Retain(const Json& rules, int64_t now) {
  // Every rule applies to the state at the beginning of the call. What must stay because of a child
  // stays, with everything above it: a child that cannot go holds its parents.
  std::ranges::sort(events, std::greater<>(), &PlainEvent::order);
  std::vector<std::string> doomed;
  for (const Json& rule : rules) {
    int64_t newer = 0;
    for (const PlainEvent& event : events) {
      if (!MatchesTopic(event.topic, rule["topics"].get<std::string>())) continue;
      const bool old =
          Has(rule, "maxAge") && event.updated_us < now - rule["maxAge"].get<int64_t>() * 1'000'000;
      const bool surplus = Has(rule, "maxEvents") && newer >= rule["maxEvents"];
      // An event whose upstream number is not known yet never goes (docs/storage.md, Scope).
      const bool is_provisional = event.order >= int64_t{1} << 52;
      if ((old || surplus) && !is_provisional) doomed.push_back(event.id);
      ++newer;
    }
  }
  return EraseClosed(doomed);
}

bool Model::HasCycle() const {
  return std::ranges::any_of(events, [this](const PlainEvent& event) {
    const PlainEvent* at = &event;
    for (size_t steps = 0; steps <= events.size(); ++steps) {
      at = at->depends_on ? Find(*at->depends_on) : nullptr;
      if (at == nullptr) return false;
    }
    return true;
  });
}

Json Model::RowOf(const PlainEvent& event) const {
  Json row = {{"id", event.id},
              {"hash", event.hash},
              {"topic", event.topic},
              {"sender", JsonOf(event.sender)},
              {"senderType", JsonOf(event.sender_type)},
              {"project", JsonOf(event.project)},
              {"user", JsonOf(event.user)},
              {"dependsOn", JsonOf(event.depends_on)},
              {"status", event.status},
              {"retries", event.retries},
              {"description", event.description},
              {"summary", event.summary},
              {"createdAt", IsoTime(event.created_us)},
              {"updatedAt", IsoTime(event.updated_us)},
              {"cursor", CursorText(event.order)}};
  if (progress.contains(event.id)) row["progress"] = progress.at(event.id);
  return row;
}

}  // namespace cuesheet::oracle
