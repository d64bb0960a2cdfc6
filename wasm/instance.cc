#include "instance.h"

#include <set>

#include "base/json.h"
#include "event/codec.h"
#include "event/request.h"
#include "heap_use.h"
#include "query/event_query.h"

namespace cuesheet {
namespace {

Actor ActorOf(const Frame& frame) {
  return {frame.OptionalText("user"), frame.OptionalText("sender"),
          frame.OptionalText("senderType")};
}

Result<Uuid> IdOf(const Frame& frame) {
  CUE_ASSIGN(const std::string text, frame.Text("id"));
  const auto id = Uuid::Parse(text);
  if (!id) {
    return Fail(ErrorCode::kInvalid, "id: expected 32 lower-case hex digits, got '" + text + "'");
  }
  return *id;
}

Result<EventForm> FormOf(const Frame& frame) {
  const std::string form = frame.OptionalText("form").value_or("row");
  if (form == "row") return EventForm::kRow;
  if (form == "cells") return EventForm::kCells;
  if (form == "rest") return EventForm::kRest;
  if (form == "graphql") return EventForm::kGraphql;
  return Fail(ErrorCode::kInvalid,
              "form: expected row, cells, rest or graphql, got '" + form + "'");
}

Result<Json> BodyOf(const Frame& frame) {
  if (frame.body.size() > kMaxEventBytes) {
    return Fail(ErrorCode::kTooLarge, "the body is larger than " + std::to_string(kMaxEventBytes) +
                                          " bytes, the limit for an event");
  }
  return ParseJson(frame.body);
}

Result<uint32_t> LiveOf(const Frame& frame) {
  CUE_ASSIGN(const uint64_t live, frame.Number("live"));
  if (live > UINT32_MAX) return Fail(ErrorCode::kInvalid, "live: expected a number below 2^32");
  return static_cast<uint32_t>(live);
}

}  // namespace

Instance::Instance(std::unique_ptr<Env> env, const StoreOptions& options)
    : env_(std::move(env)), store_(env_.get(), options), role_(Role::Make(&store_, &effects_)) {}

Result<std::unique_ptr<Instance>> Instance::Create(std::unique_ptr<Env> env, std::string_view role,
                                                   uint64_t segment_bytes, uint64_t budget) {
  CUE_ASSIGN(const StoreRole known, Role::Parse(role));
  const StoreOptions options{.segment_bytes = segment_bytes,
                             .role = known,
                             .memory = {.budget = budget, .capacity = HeapCapacity()}};
  return std::unique_ptr<Instance>(new Instance(std::move(env), options));
}

bool Instance::Call(Method method, std::string_view request) {
  store_.memory().NoteUse(HeapInUse());
  const auto frame = Frame::Parse(request);
  auto result = frame ? Run(method, *frame) : std::unexpected(frame.error());
  PublishChanges();
  const bool done = result.has_value();
  result_ = done ? *std::move(result) : ErrorFrame(result.error());
  return done;
}

size_t Instance::TakeEffects() {
  const size_t count = effects_.count();
  result_ = effects_.Take();
  return count;
}

Result<std::string> Instance::Run(Method method, const Frame& frame) {
  switch (method) {
    case Method::kOpen:
      return Open();
    case Method::kCommit:
      return Commit();
    case Method::kCommitted:
      return Committed(frame);
    case Method::kDispatch:
      return Dispatch(frame);
    case Method::kUpdate:
      return Update(frame);
    case Method::kRemove:
      return Remove(frame);
    case Method::kGet:
      return Get(frame);
    case Method::kQuery:
      return Query(frame);
    case Method::kStatus:
      return Report(frame);
    case Method::kRequest:
    case Method::kSocket:
    case Method::kReplica:
    case Method::kOutbox:
      return role_->Call(method, frame);
    case Method::kLive:
      return Live(frame);
    case Method::kUnlive:
      return Unlive(frame);
    case Method::kPatches:
      return Patches();
    case Method::kCount:
      return Count(frame);
    case Method::kProgress:
      return Progress(frame);
    case Method::kTree:
      return Tree(frame);
    case Method::kEnroll:
      return Enroll(frame);
    case Method::kRetain:
      return Retain(frame);
    case Method::kImport:
      return Import(frame);
    case Method::kTopics:
      return Topics();
    case Method::kDeclare:
      return Declare(frame);
    case Method::kExport:
      return Export(frame);
    case Method::kLoad:
      return Load();
    case Method::kMaintain:
      return Maintain();
    case Method::kVerify:
      return Verify(frame);
  }
  return Fail(ErrorCode::kInvalid,
              "no method has the number " + std::to_string(static_cast<uint32_t>(method)));
}

Result<std::string> Instance::Open() {
  CUE_ASSIGN(const Recovery recovery, store_.files().Open());
  return HeaderFrame({{"sequence", recovery.sequence},
                      {"events", store_.view().events()},
                      {"cutBytes", recovery.cut_bytes},
                      {"loaded", store_.view().is_loaded()},
                      {"next", store_.files().NextFiles()},
                      {"lost", recovery.lost}});
}

Result<std::string> Instance::Load() {
  CUE_TRY(store_.files().LoadNext());
  return HeaderFrame({{"loaded", store_.view().is_loaded()},
                      {"next", store_.files().NextFiles()},
                      {"lost", store_.files().TakeLost()}});
}

Result<std::string> Instance::Maintain() {
  CUE_ASSIGN(const bool more, store_.files().Maintain());
  return HeaderFrame({{"more", more}});
}

Result<std::string> Instance::Verify(const Frame& frame) const {
  CUE_ASSIGN(const std::vector<std::string> names, store_.files().Files());
  const std::set<std::string> files(names.begin(), names.end());
  if (files.empty()) return HeaderFrame({{"next", nullptr}, {"problems", Json::array()}});
  const std::string file = frame.OptionalText("file").value_or(*files.begin());
  Json problems = Json::array();
  if (files.contains(file)) {  // otherwise it was removed meanwhile
    CUE_ASSIGN(const auto problem, store_.files().Verify(file));
    if (problem) problems.push_back({{"file", file}, {"message", *problem}});
  }
  const auto next = files.upper_bound(file);
  return HeaderFrame(
      {{"next", next == files.end() ? Json() : Json(*next)}, {"problems", std::move(problems)}});
}

Result<std::string> Instance::Commit() {
  CUE_ASSIGN(const Lifecycle::Commit commit, store_.files().BeginCommit());
  return HeaderFrame(
      {{"sequence", commit.sequence}, {"bytes", commit.bytes}, {"needed", commit.is_needed}});
}

Result<std::string> Instance::Committed(const Frame& frame) {
  const Json* ok = FindMember(frame.header, "ok");
  if (ok == nullptr || !ok->is_boolean()) {
    return Fail(ErrorCode::kInvalid, "ok: expected true or false");
  }
  CUE_TRY(store_.files().Committed(ok->get<bool>()));
  return HeaderFrame({{"sequence", store_.files().durable_sequence()},
                      {"maintenance", store_.files().IsMaintenanceDue()}});
}

Result<std::string> Instance::Dispatch(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Entropy entropy, frame.TakeEntropy());
  CUE_ASSIGN(const Json body, BodyOf(frame));
  const auto request = ParseDispatchRequest(body);
  if (!request) return Fail(ErrorCode::kInvalid, ValidationSentence(request.error()));
  CUE_ASSIGN(const Uuid id, store_.ledger().Dispatch(*request, ActorOf(frame), now, entropy));
  Json advice = Json::array();
  for (const Advice& item : store_.ledger().advice()) {
    advice.push_back({{"key", item.key}, {"message", item.message}});
  }
  return HeaderFrame(
      {{"id", id.Hex()}, {"sequence", store_.view().sequence()}, {"advice", std::move(advice)}});
}

Result<std::string> Instance::Update(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Uuid id, IdOf(frame));
  CUE_ASSIGN(const Json body, BodyOf(frame));
  const auto request = ParseUpdateRequest(body);
  if (!request) return Fail(ErrorCode::kInvalid, ValidationSentence(request.error()));
  CUE_TRY(store_.ledger().Update(id, *request, ActorOf(frame), now));
  return HeaderFrame({{"sequence", store_.view().sequence()}});
}

Result<std::string> Instance::Remove(const Frame& frame) {
  CUE_ASSIGN(const Uuid id, IdOf(frame));
  CUE_ASSIGN(const bool removed, store_.ledger().Remove(id));
  return HeaderFrame({{"removed", removed}, {"sequence", store_.view().sequence()}});
}

Result<std::string> Instance::Get(const Frame& frame) {
  CUE_ASSIGN(const Uuid id, IdOf(frame));
  CUE_ASSIGN(const EventForm form, FormOf(frame));
  const Json* payload = FindMember(frame.header, "payload");
  const bool with_payload = payload == nullptr || *payload != false;
  const auto event = store_.view().Find(id, with_payload);
  if (!event && event.error().code != ErrorCode::kNotFound) return std::unexpected(event.error());
  if (!event) return HeaderFrame({{"found", false}});
  std::string out = HeaderFrame({{"found", true}, {"payload", event->payload.has_value()}});
  out += '\n';
  AppendEvent(out, *event, form, store_.view().progress(id), true);
  return out;
}

Result<std::string> Instance::Query(const Frame& frame) {
  CUE_ASSIGN(const EventForm form, FormOf(frame));
  CUE_ASSIGN(const Json arguments, frame.body.empty() ? Json::object() : BodyOf(frame));
  CUE_ASSIGN(const EventQuery query, EventQuery::Parse(arguments));
  std::string out = "{}\n";
  CUE_TRY(store_.answers().AppendPage(out, query, form));
  return out;
}

Result<std::string> Instance::Report(const Frame& frame) const {
  std::optional<Timestamp> now;
  if (FindMember(frame.header, "now") != nullptr) {
    CUE_ASSIGN(now, frame.Now());
  }
  const MemoryReport memory = store_.view().memory(now);
  Json report = {{"sequence", store_.view().sequence()},
                 {"durableSequence", store_.files().durable_sequence()},
                 {"events", store_.view().events()},
                 {"pendingBytes", store_.files().pending_bytes()},
                 {"journalBytes", store_.files().journal_bytes()},
                 {"memory",
                  {{"budget", memory.budget},
                   {"reserve", memory.reserve},
                   {"used", memory.used},
                   {"room", memory.room},
                   {"daysLeft", memory.days_left ? Json(*memory.days_left) : Json()}}}};
  role_->AddStatus(report);
  return HeaderFrame(report);
}

Result<std::string> Instance::Live(const Frame& frame) {
  CUE_ASSIGN(const uint32_t live, LiveOf(frame));
  CUE_ASSIGN(const EventForm form, FormOf(frame));
  if (form != EventForm::kRow && form != EventForm::kCells) {
    return Fail(ErrorCode::kInvalid, "form: a live page is shown as row or as cells");
  }
  CUE_ASSIGN(const Json arguments, BodyOf(frame));
  CUE_ASSIGN(EventQuery query, EventQuery::Parse(arguments));
  std::string out = "{}\n";
  CUE_TRY(store_.answers().OpenLive(live, std::move(query), out, form));
  return out;
}

Result<std::string> Instance::Unlive(const Frame& frame) {
  CUE_ASSIGN(const uint32_t live, LiveOf(frame));
  store_.answers().CloseLive(live);
  return "{}";
}

Result<std::string> Instance::Patches() {
  std::string out = "{}\n";
  CUE_TRY(store_.answers().TakeLivePatches(out));
  return out;
}

Result<std::string> Instance::Count(const Frame& frame) {
  CUE_TRY(store_.view().CheckLoaded());
  CUE_ASSIGN(const Json arguments, BodyOf(frame));
  CUE_ASSIGN(const CountRequest request, CountRequest::Parse(arguments));
  std::string out = "{}\n";
  store_.answers().AppendCounts(out, request);
  return out;
}

Result<std::string> Instance::Progress(const Frame& frame) {
  std::string out = "{}\n";
  if (frame.OptionalText("id")) {
    CUE_ASSIGN(const Uuid id, IdOf(frame));
    CUE_TRY(store_.answers().AppendProgress(out, id));
  } else {
    CUE_TRY(store_.view().CheckLoaded());
    store_.answers().AppendProgressSnapshot(out);
  }
  return out;
}

Result<std::string> Instance::Tree(const Frame& frame) const {
  CUE_ASSIGN(const Uuid id, IdOf(frame));
  std::string out = "{}\n";
  CUE_TRY(store_.answers().AppendTree(out, id));
  return out;
}

Result<std::string> Instance::Enroll(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Entropy entropy, frame.TakeEntropy());
  CUE_ASSIGN(const Json body, BodyOf(frame));
  const auto request = ParseEnrollRequest(body);
  if (!request) return Fail(ErrorCode::kInvalid, ValidationSentence(request.error()));
  if (auto refusal = CheckEnrollTopics(*request)) {
    return Fail(ErrorCode::kInvalid, *std::move(refusal));
  }
  const Actor worker = WorkerOf(*request, ActorOf(frame));
  CUE_ASSIGN(const auto job, store_.ledger().Enroll(*request, worker, now, entropy));
  std::string out =
      HeaderFrame({{"found", job.has_value()}, {"sequence", store_.view().sequence()}});
  if (!job) return out;
  out += '\n';
  AppendJob(out, store_.view(), *job);
  return out;
}

Result<std::string> Instance::Retain(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Json body, BodyOf(frame));
  CUE_ASSIGN(RetainRequest request, ParseRetainRequest(body));
  CUE_ASSIGN(const Ledger::Retained done, store_.ledger().Retain(std::move(request), now));
  return HeaderFrame(
      {{"removed", done.removed}, {"more", done.more}, {"sequence", store_.view().sequence()}});
}

Result<std::string> Instance::Import(const Frame& frame) {
  if (frame.body.size() > kMaxImportBytes) {
    return Fail(ErrorCode::kTooLarge, "the lines are more than " +
                                          std::to_string(kMaxImportBytes >> 20) +
                                          " MiB: import them in parts");
  }
  CUE_ASSIGN(const ImportReport report, store_.ledger().Import(frame.body));
  Json refusals = Json::array();
  for (const auto& [line, message] : report.refusals) {
    refusals.push_back({{"line", line}, {"message", message}});
  }
  Json header = {{"events", report.events},
                 {"known", report.known},
                 {"refused", report.refused},
                 {"refusals", std::move(refusals)},
                 {"sequence", store_.view().sequence()}};
  if (report.stopped) {
    header["stopped"] = {{"line", report.stopped->line}, {"message", report.stopped->message}};
  }
  return HeaderFrame(header);
}

Result<std::string> Instance::Export(const Frame& frame) {
  CUE_ASSIGN(const auto after, ParseCursor(frame.OptionalText("after").value_or("")));
  uint64_t limit = kDefaultExportBytes;
  if (FindMember(frame.header, "limitBytes") != nullptr) {
    CUE_ASSIGN(limit, frame.Number("limitBytes"));
  }
  if (limit > kMaxExportBytes) {
    return Fail(ErrorCode::kTooLarge,
                "limitBytes: expected at most " + std::to_string(kMaxExportBytes >> 20) + " MiB");
  }
  std::string lines;
  CUE_ASSIGN(const ExportPart part,
             store_.answers().Export(lines, after, static_cast<size_t>(limit)));
  Json unreadable = Json::array();
  for (const auto& [id, why] : part.unreadable) {
    unreadable.push_back({{"id", id.Hex()}, {"message", why}});
  }
  return HeaderFrame({{"next", part.next ? Json(*part.next) : Json()},
                      {"events", part.events},
                      {"withoutPayload", part.without_payload},
                      {"unreadable", std::move(unreadable)}}) +
         '\n' + lines;
}

Result<std::string> Instance::Topics() const {
  CUE_TRY(store_.view().CheckLoaded());
  std::string out = "{}\n";
  store_.answers().AppendTopics(out);
  return out;
}

Result<std::string> Instance::Declare(const Frame& frame) {
  CUE_ASSIGN(const Json body, BodyOf(frame));
  CUE_TRY(store_.ledger().Declare(body));
  return "{}";
}

// Passes new changes on to the role, and to the host as an effect.
void Instance::PublishChanges() {
  const std::vector<Change> changes = store_.ledger().TakeChanges();
  if (changes.empty() && published_ == store_.view().sequence()) return;
  published_ = store_.view().sequence();
  for (const Change& change : changes) role_->Publish(change);
  role_->Published();
  effects_.Changed(store_.view().sequence());
}

}  // namespace cuesheet
