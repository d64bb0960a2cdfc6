#include "runner.h"

#include <algorithm>
#include <set>

#include "query/filter_matcher.h"
#include "store_adapter.h"

namespace cuesheet::oracle {
namespace {

Timestamp TimeAt(const Json& step) { return {step["now"].get<int64_t>()}; }

// A step draws from its clock: its id is the same whatever steps were left out before it.
Entropy EntropyAt(const Json& step) {
  Entropy entropy;
  entropy.bytes.fill(static_cast<uint8_t>(step["now"].get<int64_t>() / 1'000'000));
  return entropy;
}

std::optional<std::string> Member(const Json& object, const char* name) {
  return object.contains(name) ? std::optional(object[name].get<std::string>()) : std::nullopt;
}

Actor ActorOf(const Json& step) {
  const Json& actor = step["actor"];
  return {Member(actor, "user"), Member(actor, "sender"), Member(actor, "senderType")};
}

std::optional<double> ProgressOf(const Json& step) {
  return step.contains("progress") ? std::optional(step["progress"].get<double>()) : std::nullopt;
}

FieldSet FieldsOf(const Json& fields) {
  static const std::map<std::string, Field> names = {{"hash", Field::kHash},
                                                     {"topic", Field::kTopic},
                                                     {"sender", Field::kSender},
                                                     {"senderType", Field::kSenderType},
                                                     {"project", Field::kProject},
                                                     {"user", Field::kUser},
                                                     {"dependsOn", Field::kDependsOn},
                                                     {"status", Field::kStatus},
                                                     {"retries", Field::kRetries},
                                                     {"description", Field::kDescription},
                                                     {"summary", Field::kSummary},
                                                     {"payload", Field::kPayload},
                                                     {"createdAt", Field::kCreatedAt},
                                                     {"updatedAt", Field::kUpdatedAt},
                                                     {"creationOrder", Field::kCreationOrder}};
  FieldSet set;
  for (const auto& [name, value] : fields.items()) set.Add(names.at(name));
  return set;
}

std::string OutcomeOf(const Result<void>& result, const char* done) {
  return result ? done : ErrorCodeName(result.error().code);
}

}  // namespace

void Runner::Expect(const std::string& what, const std::string& oracle, const std::string& engine) {
  if (oracle == engine || !difference_.empty()) return;
  difference_ = what + "\n  oracle " + oracle + "\n  engine " + engine;
}

std::optional<std::string> Runner::Take(const Json& step) {
  Carry(step);
  if (difference_.empty()) CheckTable(engine_.store.view().table());
  CheckChanges();
  ApplyPatches();
  if (difference_.empty()) CheckPage(step["probe"]);
  if (difference_.empty()) KeepFiles(step);
  return difference_.empty() ? std::nullopt : std::optional(difference_);
}

void Runner::Carry(const Json& step) {
  EventStore& store = engine_.store;
  const auto op = step["op"].get<std::string>();
  if (op == "dispatch") {
    Dispatch(step);
  } else if (op == "update") {
    const auto request = ParseUpdateRequest(step["body"]).value();
    const auto id = step["id"].get<std::string>();
    const auto done = store.ledger().Update(EngineId(id), request, ActorOf(step), TimeAt(step));
    Expect(op, model_.Update(id, step["body"], step["actor"], TimeAt(step).us),
           OutcomeOf(done, "updated"));
  } else if (op == "remove") {
    const auto done = store.ledger().Remove(EngineId(step["id"]));
    Expect(op, model_.Remove(step["id"]),
           !done   ? ErrorCodeName(done.error().code)
           : *done ? "removed"
                   : "nothing");
  } else if (op == "removeAll") {
    RemoveAll(step["filter"]);
  } else if (op == "merge") {
    Merge(step);
  } else if (op == "enroll") {
    Enroll(step);
  } else if (op == "open") {
    OpenLive(step["live"], step["query"]);
  } else if (op == "close") {
    oracle::CloseLive(store, step["live"]);
    queries_.erase(step["live"]);
    pages_.erase(step["live"]);
    agreed_.erase(step["live"]);
  } else if (op == "retain") {
    Expect(op, std::to_string(model_.Retain(step["rules"], TimeAt(step).us)),
           std::to_string(oracle::Retain(store, step["rules"], TimeAt(step))));
  }
}

void Runner::Dispatch(const Json& step) {
  const auto request = ParseDispatchRequest(step["body"]).value();
  const auto id =
      engine_.store.ledger().Dispatch(request, ActorOf(step), TimeAt(step), EntropyAt(step));
  const std::string hex = id ? id->Hex() : "";
  const std::string outcome = model_.Dispatch(step["body"], step["actor"], TimeAt(step).us, hex);
  Expect("dispatch", outcome == "conflict" ? "conflict" : "done",
         id ? "done" : ErrorCodeName(id.error().code));
  if (outcome == "stored" && id) CheckOrder(hex, false);
}

// A creation order that the engine chose: above all that there ever were, or, when it is
// provisional, above all that are here.
void Runner::CheckOrder(const std::string& id, bool is_provisional) {
  const EventTable& table = engine_.store.view().table();
  const Row row = table.FindById(EngineId(id));
  if (row == kNoRow) return;  // told by CheckTable
  const int64_t order = table.creation_order(row);
  int64_t highest = highest_order_;
  for (PlainEvent& event : model_.events) {
    if (event.id == id) {
      event.order = order;
    } else if (is_provisional) {
      highest = std::max(highest, event.order);
    }
  }
  if (order <= highest) {
    Expect("creation order of " + id, "above " + std::to_string(highest), std::to_string(order));
  }
}

void Runner::Merge(const Json& step) {
  const auto id = step["id"].get<std::string>();
  const Json& fields = step["event"];
  // What no upstream would tell: its numbers and hashes are unique and parents come first.
  Model after = model_;
  after.Merge(id, fields, ProgressOf(step));
  const auto clashes = [&](const PlainEvent& event) {
    return event.id != id && (event.order == fields.value("creationOrder", int64_t{-1}) ||
                              (event.hash == id && !fields.contains("hash")));
  };
  if (after.HasCycle() || std::ranges::any_of(after.events, clashes)) return;
  Model one;
  one.Merge(id, fields, std::nullopt);
  const bool is_new = engine_.store.view().table().FindById(EngineId(id)) == kNoRow;
  const size_t before = model_.events.size();
  const auto done =
      engine_.store.ledger().Merge(EngineEvent(one.events[0]), FieldsOf(fields), ProgressOf(step));
  model_ = std::move(after);
  Expect("merge", "merged", OutcomeOf(done, "merged"));
  const bool is_inserted = is_new && model_.events.size() > before;
  if (is_inserted && !fields.contains("creationOrder")) CheckOrder(id, true);
}

void Runner::RemoveAll(const Json& filter) {
  const EventTable& table = engine_.store.view().table();
  const QueryFilter parsed = QueryFilter::Parse(filter).value();
  std::vector<Row> rows;
  const FilterMatcher matcher(parsed, table);
  table.VisitRange({}, [&](Row row) {
    if (matcher.Matches(row)) rows.push_back(row);
    return true;
  });
  const auto done = engine_.store.ledger().RemoveAll(rows);
  Expect("removeAll", model_.RemoveAll(filter), OutcomeOf(done, "removed"));
}

void Runner::Enroll(const Json& step) {
  const auto request = ParseEnrollRequest(step["body"]).value();
  const Actor actor = ActorOf(step);
  const auto answers =
      EnrollAnswers(model_.events, step["body"], actor.sender.value_or(""), TimeAt(step).us,
                    [](const std::string& target, const std::string& source) {
                      return JobHash(target, EngineId(source));
                    });
  const auto id =
      engine_.store.ledger().Enroll(request, actor, TimeAt(step), EntropyAt(step)).value();

  Enrolled answer;
  if (id) {
    const PlainEvent* job = model_.Find(id->Hex());
    const EventView view =
        engine_.store.view().table().View(engine_.store.view().table().FindById(*id)).value();
    using Kind = Enrolled::Kind;
    if (job == nullptr) {
      answer = {Kind::kCreate, view.depends_on ? view.depends_on->Hex() : ""};
    } else {
      const bool restarts = job->status == "failed" || job->status == "restarted";
      answer = {restarts ? Kind::kRestart : Kind::kHandBack, job->id};
    }
  }
  if (std::ranges::find(answers, answer) == answers.end()) {
    Expect("enroll", Describe(answers.front()), Describe(answer));
    return;
  }
  if (answer.kind == Enrolled::Kind::kCreate) {
    const Json& body = step["body"];
    Json job = {{"topic", body["targetTopic"]},
                {"hash", JobHash(request.target_topic, EngineId(answer.id))},
                {"dependsOn", answer.id},
                {"description", body.value("description", JobDescription(body))},
                {"finished", false}};
    model_.Dispatch(job, step["actor"], TimeAt(step).us, id->Hex());
    CheckOrder(id->Hex(), false);
  } else if (answer.kind == Enrolled::Kind::kRestart) {
    const PlainEvent* job = model_.Find(answer.id);
    Json body = {{"status", "pending"}, {"description", "Restarting failed event"}};
    if (step["actor"].contains("user")) body["user"] = step["actor"]["user"];
    if (job->status == "failed") body["retries"] = job->retries + 1;
    model_.Update(answer.id, body, step["actor"], TimeAt(step).us);
  }
}

void Runner::CheckTable(const EventTable& table) {
  Expect("number of events", std::to_string(model_.events.size()), std::to_string(table.size()));
  for (const PlainEvent& event : model_.events) {
    CheckEvent(table, event);
    if (event.order < kFirstProvisionalOrder) {
      highest_order_ = std::max(highest_order_, event.order);
    }
  }
  for (size_t i = 0; i < kStatuses.size(); ++i) {
    const auto count = std::ranges::count(model_.events, kStatuses[i], &PlainEvent::status);
    Expect("number of " + kStatuses[i], std::to_string(count),
           std::to_string(table.counts().Of(Facet::kStatus, static_cast<uint32_t>(i)).all));
  }
  std::vector<int64_t> orders;
  table.VisitRange({}, [&](Row row) {
    orders.push_back(table.creation_order(row));
    return true;
  });
  const bool rises = std::ranges::adjacent_find(orders, std::greater_equal<>()) == orders.end();
  Expect("creation orders", "rise", rises ? "rise" : "do not rise");
  Expect("events in order", std::to_string(model_.events.size()), std::to_string(orders.size()));
}

void Runner::CheckEvent(const EventTable& table, const PlainEvent& event) {
  const Row row = table.FindById(EngineId(event.id));
  if (row == kNoRow) {
    Expect("event " + event.id, "here", "not here");
    return;
  }
  const PlainEvent stored = PlainOf(table.View(row).value());
  if (stored != event) {
    const auto text = [this](const PlainEvent& e) {
      Json json = model_.RowOf(e);
      json["payload"] = e.payload;
      return json.dump();
    };
    Expect("event " + event.id, text(event), text(stored));
  }
  const auto told = model_.progress.find(event.id);
  const auto known = engine_.store.view().progress(EngineId(event.id));
  Expect("progress of " + event.id,
         told == model_.progress.end() ? "none" : std::to_string(told->second),
         known ? std::to_string(*known) : "none");
  Expect("hash " + event.hash, std::to_string(row), std::to_string(table.FindByHash(event.hash)));
  std::set<std::string> children;
  for (const PlainEvent& other : model_.events) {
    if (other.depends_on == event.id) children.insert(other.id);
  }
  std::set<std::string> linked;
  table.VisitChildren(row, [&](Row child) {
    linked.insert(table.id(child).Hex());
    return true;
  });
  Expect("children of " + event.id, Json(children).dump(), Json(linked).dump());
}

void Runner::CheckChanges() {
  for (const Change& change : engine_.store.ledger().TakeChanges()) {
    if (change.kind != ChangeKind::kTransient) ++sequence_;
    Expect("sequence", std::to_string(sequence_), std::to_string(change.sequence));
  }
}

std::string Runner::FreshPage(const Json& query) const {
  std::string text;
  engine_.store.answers().AppendPage(text, EventQuery::Parse(query).value(), EventForm::kRow);
  return text;
}

void Runner::CheckPage(const Json& query) {
  const Page page = Ask(model_.events, query);
  const auto cursor = [](const std::optional<std::string>& text) {
    return text ? Json(*text) : Json();
  };
  Json wanted = {{"events", Json::array()},
                 {"pageInfo",
                  {{"hasNextPage", page.has_next},
                   {"hasPreviousPage", page.has_previous},
                   {"startCursor", cursor(page.start_cursor)},
                   {"endCursor", cursor(page.end_cursor)}}}};
  for (const std::string& id : page.ids) {
    wanted["events"].push_back(model_.RowOf(*model_.Find(id)));
  }
  const Json got = Json::parse(FreshPage(query));
  if (got != wanted) Expect("page of " + query.dump(), wanted.dump(), got.dump());
}

void Runner::KeepFiles(const Json& step) {
  EventStore& store = engine_.store;
  const auto turn = static_cast<uint64_t>(step["now"].get<int64_t>() / 1'000'000) * 2654435761 % 16;
  if (turn < 9) CUE_ASSERT(store.files().Maintain().has_value());
  if (turn < 5 && store.files().BeginCommit().value().is_needed) {
    const bool ok = turn > 0;
    CUE_ASSERT(store.files().Committed(ok).has_value());
    if (ok && store.files().pending_bytes() == 0) CompareReopened();
  }
}

// A crash right after a commit: the files as they are now, opened by another store block by block.
void Runner::CompareReopened() {
  MemoryEnv files = engine_.env;
  EventStore again(&files, Engine::kOptions);
  const auto recovery = again.files().Open();
  Expect("open after a crash", "done", recovery ? "done" : recovery.error().message);
  if (!recovery) return;
  Expect("lost after a crash", "[]", Json(recovery->lost).dump());
  while (difference_.empty() && !again.view().is_loaded()) {
    const auto loaded = again.files().LoadNext();
    Expect("load after a crash", "done", loaded ? "done" : loaded.error().message);
  }
  if (difference_.empty()) CheckTable(again.view().table());
  if (!difference_.empty()) difference_ = "after a crash: " + difference_;
}

std::optional<std::string> Runner::Reopen() {
  if (engine_.store.files().BeginCommit().value().is_needed) {
    CUE_ASSERT(engine_.store.files().Committed(true).has_value());
  }
  EventStore again(&engine_.env, Engine::kOptions);
  Expect("open", "done", again.files().Open() ? "done" : "refused");
  while (!again.view().is_loaded()) CUE_ASSERT(again.files().LoadNext().has_value());
  CheckTable(again.view().table());
  DispatchRequest request;
  request.topic = "entity";
  const Uuid id = again.ledger().Dispatch(request, {}, {}, {}).value();
  const int64_t order = again.view().table().creation_order(again.view().table().FindById(id));
  if (order <= highest_order_) {
    Expect("next creation order", "above " + std::to_string(highest_order_), std::to_string(order));
  }
  return difference_.empty() ? std::nullopt : std::optional("reopened: " + difference_);
}

}  // namespace cuesheet::oracle
