#include "hub/api.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/json.h"
#include "event/codec.h"
#include "event/field_reader.h"
#include "event/names.h"
#include "hub/access.h"
#include "query/event_matcher.h"
#include "store/answers.h"

namespace cuesheet {
namespace {

HubResponse Refuse(int status, std::string_view detail) {
  std::string body = "{\"code\":" + std::to_string(status) + ",\"detail\":";
  AppendJsonString(body, detail);
  return {status, body + '}'};
}

int HttpStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kStorage:
    case ErrorCode::kState:
    case ErrorCode::kLoading:
    case ErrorCode::kCold:
      return 503;
    case ErrorCode::kQuota:
      return 507;
    case ErrorCode::kCorrupt:
      return 500;
    default:
      return 400;
  }
}

HubResponse RefuseJson(const HubRequest& request, const Error& error) {
  if (error.code == ErrorCode::kTooLarge) return Refuse(error);
  return InvalidRequest(request, {{{}, error.message, "value_error.jsondecode", {}}});
}

// AYON's keys for a parent that cannot be deleted, with HTTP 409 instead of 500 (protocol.md
// 5, 17.5).
HubResponse RefuseRemoval(const Error& error) {
  HubResponse response = Refuse(error);
  if (error.code != ErrorCode::kConflict) return response;
  response.body.pop_back();
  response.body += R"(,"error":"foreign-key-violation"})";
  return response;
}

constexpr std::array<std::string_view, 9> kQueryEntities = {
    "project", "user",  "folder",         "product", "task",
    "version", "event", "representation", "workfile"};

QueryFilter ReadFilter(FieldReader& fields) {
  const Json* filter = fields.Member("filter");
  auto parsed = QueryFilter::Parse(filter == nullptr ? Json() : *filter);
  if (parsed) return *std::move(parsed);
  fields.Fail("filter", parsed.error().message, "value_error");
  return {};
}

// Every event that matches, logs too.
EventQuery ByFilter(const QueryFilter& filter) {
  EventQuery query;
  query.where = filter;
  query.include_logs = true;
  return query;
}

// AYON's path parameter: 32 characters, lower-case hex.
FieldErrors CheckId(std::string_view id) {
  if (Uuid::Parse(id)) return {};
  if (id.size() != 32) {
    const std::string edge = id.size() < 32 ? "least" : "most";
    return {{{"event_id"},
             "ensure this value has at " + edge + " 32 characters",
             id.size() < 32 ? "value_error.any_str.min_length" : "value_error.any_str.max_length",
             CanonicalText({{"limit_value", 32}})}};
  }
  return {{{"event_id"},
           "string does not match regex \"^[0-9a-f]{32}$\"",
           "value_error.str.regex",
           CanonicalText({{"pattern", "^[0-9a-f]{32}$"}})}};
}

// A header that breaks the pattern of names counts as absent (protocol.md 1.4).
std::optional<std::string> NameHeader(const std::optional<std::string>& header) {
  return header && IsProjectName(*header) ? header : std::nullopt;
}

Actor ActorOf(const HubRequest& request) {
  return {request.caller->name, NameHeader(request.sender), NameHeader(request.sender_type)};
}

// An addition to AYON's dispatch, whose own server restricts messages in this way
// (protocol.md 9.3). None when absent or null.
std::optional<std::vector<std::string>> ReadRecipients(FieldReader& fields) {
  const Json* list = fields.Member("recipients");
  if (list == nullptr || list->is_null()) return std::nullopt;
  const auto is_name = [](const Json& item) { return item.is_string(); };
  if (!list->is_array() || list->size() > kMaxRecipients || !std::ranges::all_of(*list, is_name)) {
    fields.Fail("recipients",
                "expected a list of at most " + std::to_string(kMaxRecipients) + " user names",
                "type_error.list");
    return std::nullopt;
  }
  return list->get<std::vector<std::string>>();
}

// An addition to AYON's dispatch: an id for the event. None when absent or null.
std::optional<Uuid> ReadId(FieldReader& fields) {
  const Json* id = fields.Member("id");
  if (id == nullptr || id->is_null()) return std::nullopt;
  const auto parsed =
      id->is_string() ? Uuid::Parse(id->get_ref<const std::string&>()) : std::nullopt;
  if (!parsed) fields.Fail("id", "expected 32 lower-case hex digits", "value_error.str.regex");
  return parsed;
}

// The random bits for one entry of a batch: checksums of the call's random bits and the index.
Entropy EntropyOf(const Entropy& entropy, uint32_t index) {
  std::string seed(entropy.bytes.begin(), entropy.bytes.end());
  for (int shift = 0; shift < 32; shift += 8) seed += static_cast<char>(index >> shift & 0xff);
  Entropy own;
  for (size_t half = 0; half < 2; ++half) {
    PutFixed(reinterpret_cast<char*>(own.bytes.data()) + half * sizeof(uint64_t), Checksum(seed));
    seed += static_cast<char>(half);
  }
  return own;
}

Result<DispatchRequest> ReadBatchEntry(const Json& entry, bool may_be_large) {
  if (may_be_large && CanonicalText(entry).size() > kMaxEventBytes) {
    return Fail(ErrorCode::kTooLarge, "the event is larger than " + std::to_string(kMaxEventBytes) +
                                          " bytes, the limit for an event");
  }
  auto dispatch = ParseDispatchRequest(entry);
  if (!dispatch) return Fail(ErrorCode::kInvalid, ValidationSentence(dispatch.error()));
  FieldReader fields(entry);
  dispatch->id = ReadId(fields);
  if (const Json* list = fields.Member("recipients"); list != nullptr && !list->is_null()) {
    fields.Fail("recipients", "not in a batch: dispatch this event on its own", "value_error");
  }
  if (fields.failed()) return Fail(ErrorCode::kInvalid, ValidationSentence(fields.TakeErrors()));
  return *std::move(dispatch);
}

}  // namespace

HubResponse InvalidRequest(const HubRequest& request, const FieldErrors& errors,
                           std::string_view root) {
  const HubOperationInfo& info = InfoOf(request.operation);
  const std::string path = PathOf(request.operation, request.id);
  return {400, ValidationBody(info.method, path, errors, root)};
}

HubResponse Refuse(const Error& error) { return Refuse(HttpStatus(error.code), error.message); }

HubResponse HubApi::Handle(const HubRequest& request, Timestamp now, const Entropy& entropy) {
  const HubOperationInfo& info = InfoOf(request.operation);
  const bool is_batch = request.operation == HubOperation::kDispatchBatch;
  const size_t limit = is_batch ? kMaxBatchBytes : kMaxEventBytes;
  if (request.body.size() > limit) {
    return Refuse(413, "the request body is larger than " + std::to_string(limit) +
                           " bytes, the limit for " + (is_batch ? "a batch" : "an event"));
  }
  Json body;
  if (info.has_arguments && !request.body.empty()) {
    auto parsed = ParseJson(request.body);
    if (!parsed) return RefuseJson(request, parsed.error());
    body = *std::move(parsed);
  }
  if (!request.caller) return Refuse(request.denied_status, request.denied);
  // GraphQL answers guests and missing arguments in its own way.
  if (request.operation == HubOperation::kGraphqlEvents) return GraphqlEvents(request, body);
  if (request.operation == HubOperation::kGraphqlPlan) return AnswerPlan(request);
  if (request.caller->is_guest) {
    return Refuse(403, "Guest users are not allowed to access this endpoint");
  }
  if (info.has_id()) {
    const FieldErrors errors = CheckId(request.id);
    if (!errors.empty()) return InvalidRequest(request, errors, "path");
  }
  if (info.has_arguments && body.is_null()) {
    return InvalidRequest(request, {{{}, "field required", "value_error.missing", {}}});
  }
  return Answer(request, body, now, entropy);
}

HubResponse HubApi::Answer(const HubRequest& request, const Json& body, Timestamp now,
                           const Entropy& entropy) {
  switch (request.operation) {
    case HubOperation::kDispatch:
      return Dispatch(request, body, now, entropy);
    case HubOperation::kDispatchBatch:
      return DispatchBatch(request, body, now, entropy);
    case HubOperation::kGet:
      return Get(request);
    case HubOperation::kUpdate:
      return Update(request, body, now);
    case HubOperation::kDelete:
      return Remove(request);
    case HubOperation::kQuery:
      return Query(request, body);
    case HubOperation::kEventOps:
      return EventOps(request, body);
    case HubOperation::kEnroll:
      return Enroll(request, body, now, entropy);
    case HubOperation::kChanges:
      return Changes(request, body);
    case HubOperation::kSnapshot:
      return Snapshot(request, body);
    case HubOperation::kExport:
      return Export(request, body, now);
    case HubOperation::kGraphqlEvents:
      return GraphqlEvents(request, body);
    case HubOperation::kGraphqlPlan:
      return AnswerPlan(request);
  }
  CUE_ASSERT(false);  // there is no other operation
  return {};
}

HubResponse HubApi::Dispatch(const HubRequest& request, const Json& body, Timestamp now,
                             const Entropy& entropy) {
  auto parsed = ParseDispatchRequest(body);
  if (!parsed) return InvalidRequest(request, parsed.error());
  FieldReader fields(body);
  parsed->id = ReadId(fields);
  auto recipients = ReadRecipients(fields);
  if (fields.failed()) return InvalidRequest(request, fields.TakeErrors());
  if (const Refusal refusal = RefuseDispatch(*request.caller)) return Refuse(403, *refusal);
  const auto id = DispatchOne(request, *parsed, now, entropy);
  if (!id) return Refuse(id.error());
  return {200, "{\"id\":\"" + id->Hex() + "\"}", std::move(recipients)};
}

// A repeated dispatch with its own id gets the same answer again.
Result<Uuid> HubApi::DispatchOne(const HubRequest& request, const DispatchRequest& dispatch,
                                 Timestamp now, const Entropy& entropy) {
  const EventTable& table = store_->table();
  const Row row = dispatch.id ? table.FindById(*dispatch.id) : kNoRow;
  if (row == kNoRow) return ledger_->Dispatch(dispatch, ActorOf(request), now, entropy);
  const EventView event = table.ViewWithoutPayload(row);
  const bool is_same = event.topic == dispatch.topic &&
                       event.HashText() == dispatch.hash.value_or(dispatch.id->Hex());
  if (is_same) return *dispatch.id;
  return Fail(ErrorCode::kConflict, "Event with the same id already exists");
}

HubResponse HubApi::DispatchBatch(const HubRequest& request, const Json& body, Timestamp now,
                                  const Entropy& entropy) {
  if (!body.is_array() || body.size() > kMaxBatchEntries) {
    const FieldErrors errors = {
        {{},
         "expected a list of at most " + std::to_string(kMaxBatchEntries) + " events",
         "type_error.list",
         {}}};
    return InvalidRequest(request, errors);
  }
  if (const Refusal refusal = RefuseDispatch(*request.caller)) return Refuse(403, *refusal);
  const bool may_be_large = request.body.size() > kMaxEventBytes;
  HubResponse response;
  response.body = "[";
  uint32_t index = 0;
  for (const Json& entry : body) {
    if (index > 0) response.body += ',';
    auto dispatch = ReadBatchEntry(entry, may_be_large);
    std::string refusal;
    if (!dispatch) {
      refusal = Refuse(dispatch.error()).body;
    } else {
      const auto id = DispatchOne(request, *dispatch, now, EntropyOf(entropy, index));
      if (id) {
        response.body += R"({"id":")" + id->Hex() + "\"}";
      } else {
        refusal = Refuse(id.error()).body;
      }
    }
    response.body += refusal;
    ++index;
  }
  response.body += ']';
  return response;
}

HubResponse HubApi::Get(const HubRequest& request) {
  const Row row = store_->table().FindById(*Uuid::Parse(request.id));
  if (row == kNoRow) return Refuse(404, "Event not found");
  const EventTable& table = store_->table();
  if (const Refusal refusal = RefuseRead(*request.caller, table.ViewWithoutPayload(row))) {
    return Refuse(403, *refusal);
  }
  const auto event = table.View(row);
  if (!event) return Refuse(event.error());
  HubResponse response;
  AppendEvent(response.body, *event, EventForm::kRest);
  return response;
}

HubResponse HubApi::Update(const HubRequest& request, const Json& body, Timestamp now) {
  const auto parsed = ParseUpdateRequest(body);
  if (!parsed) return InvalidRequest(request, parsed.error());
  const Uuid id = *Uuid::Parse(request.id);
  const Row row = store_->table().FindById(id);
  if (row == kNoRow) return Refuse(404, "Event not found");
  const EventView event = store_->table().ViewWithoutPayload(row);
  if (const Refusal refusal = RefuseUpdate(*request.caller, event, *parsed)) {
    return Refuse(403, *refusal);
  }
  const Actor actor = ActorOf(request);
  const std::optional<std::string>& sender = parsed->sender ? parsed->sender : actor.sender;
  if (sender) {
    if (const auto refusal = leases_.Refuse(id, *sender)) return Refuse(409, *refusal);
  }
  const EventStatus before = event.status;
  const auto updated = ledger_->Update(id, *parsed, actor, now);
  if (!updated) return Refuse(updated.error());
  leases_.Updated(id, sender, request.caller->name, before);
  return {204, ""};
}

HubResponse HubApi::Remove(const HubRequest& request) {
  if (const Refusal refusal = RefuseRemove(*request.caller)) return Refuse(403, *refusal);
  const auto removed = ledger_->Remove(*Uuid::Parse(request.id));
  if (removed) return {204, ""};
  return RefuseRemoval(removed.error());
}

HubResponse HubApi::Query(const HubRequest& request, const Json& body) {
  FieldReader fields(body);
  fields.Require("entity");
  const std::string entity = fields.Text("entity", FieldReader::Null::kRefused).value_or("");
  if (!fields.failed() && std::ranges::find(kQueryEntities, entity) == kQueryEntities.end()) {
    fields.Fail("entity", "unexpected value", "value_error.const", {{"given", entity}});
  }
  const int64_t limit = fields.Integer("limit", FieldReader::Null::kRefused).value_or(100);
  const int64_t offset = fields.Integer("offset", FieldReader::Null::kRefused).value_or(0);
  if (limit < 0 || limit > kMaxPageSize) {
    fields.Fail("limit", "ensure this value is between 0 and " + std::to_string(kMaxPageSize),
                "value_error.number");
  }
  if (offset < 0) fields.Fail("offset", "ensure this value is 0 or more", "value_error.number");
  const QueryFilter filter = ReadFilter(fields);
  if (fields.failed()) return InvalidRequest(request, fields.TakeErrors());
  if (const Refusal refusal = RefuseQuery(*request.caller)) return Refuse(403, *refusal);
  if (entity != "event") {
    return {500, R"({"status":500,"detail":"Only events are supported for now"})"};
  }
  HubResponse response;
  response.body = "[";
  const EventTable& table = store_->table();
  const EventQuery query = ByFilter(filter);
  int64_t skipped = 0;
  std::vector<Row> rows;
  const auto judged = store_->Judging([&] {
    if (limit == 0) return;
    EventMatcher(query, table).VisitMatches({.newest_first = true}, [&](Row row) {
      if (skipped++ < offset) return true;
      rows.push_back(row);
      return std::ssize(rows) < limit;
    });
  });
  if (!judged) return Refuse(judged.error());
  for (const Row row : rows) {
    if (response.body.back() != '[') response.body += ',';
    AppendWhole(response.body, table, row, EventForm::kQuery);
  }
  response.body += ']';
  return response;
}

HubResponse HubApi::EventOps(const HubRequest& request, const Json& body) {
  FieldReader fields(body);
  fields.Require("type");
  const std::string type = fields.Text("type", FieldReader::Null::kRefused).value_or("");
  if (!fields.failed() && type != "delete" && type != "restart" && type != "abort") {
    fields.Fail("type", "unexpected value; permitted: 'delete', 'restart', 'abort'",
                "value_error.const", {{"given", type}});
  }
  const QueryFilter filter = ReadFilter(fields);
  if (!fields.failed() && type == "delete" && filter.empty()) {
    fields.Fail("filter", "an empty filter would delete every event: name what to delete",
                "value_error");
  }
  if (fields.failed()) return InvalidRequest(request, fields.TakeErrors());
  if (const Refusal refusal = RefuseEventOps(*request.caller)) return Refuse(403, *refusal);
  if (type != "delete") return Refuse(501, "Not implemented");
  return RemoveMatching(filter);
}

HubResponse HubApi::RemoveMatching(const QueryFilter& filter) {
  const EventTable& table = store_->table();
  const EventQuery query = ByFilter(filter);
  std::vector<Row> rows;
  const auto judged = store_->Judging([&] {
    EventMatcher(query, table).VisitMatches({}, [&](Row row) {
      rows.push_back(row);
      return true;
    });
  });
  if (!judged) return Refuse(judged.error());
  const auto removed = ledger_->RemoveAll(rows);
  if (!removed) return RefuseRemoval(removed.error());
  return {200, "null"};
}

HubResponse HubApi::Enroll(const HubRequest& request, const Json& body, Timestamp now,
                           const Entropy& entropy) {
  const auto parsed = ParseEnrollRequest(body);
  if (!parsed) return InvalidRequest(request, parsed.error());
  for (const auto& [name, header] :
       {std::pair("x-sender", &request.sender), std::pair("x-sender-type", &request.sender_type)}) {
    if (!*header || IsProjectName(**header)) continue;
    const FieldErrors errors = {
        {{name},
         "string does not match regex \"" + std::string(kProjectPattern) + '"',
         "value_error.str.regex",
         CanonicalText({{"pattern", kProjectPattern}})}};
    return InvalidRequest(request, errors, "header");
  }
  if (const Refusal refusal = RefuseEnroll(*request.caller)) return Refuse(403, *refusal);
  if (const auto refusal = CheckEnrollTopics(*parsed)) return Refuse(400, *refusal);
  if (parsed->lease_seconds > 0) {
    if (const auto opened = leases_.Open(); !opened) return Refuse(opened.error());
  }
  leases_.Tick(now);  // so that nobody gets a job whose last lease has just ended
  const Actor worker = WorkerOf(*parsed, ActorOf(request));
  const auto job = ledger_->Enroll(*parsed, worker, now, entropy);
  for (const Uuid& abandoned : ledger_->abandoned()) leases_.Abandoned(abandoned);
  if (!job) return Refuse(job.error());
  if (!*job) return {204, ""};
  leases_.Given(**job, *worker.sender, request.caller->name, parsed->lease_seconds,
                parsed->max_retries, now);
  HubResponse response;
  AppendJob(response.body, *store_, **job);
  return response;
}

}  // namespace cuesheet
