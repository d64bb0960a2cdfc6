// Bytes as a request body: what parses becomes events, and every form of an event is JSON again.
// Also as lines of an import, and as a declaration of topics.
#include "base/json_canonical.h"
#include "event/event_reader.h"
#include "event/topic_registry.h"
#include "store_fixture.h"

namespace cuesheet::testing {
namespace {

const Actor kActor{"mona", "worker", {}};

// The readers that build no tree know a text for canonical only if the parser agrees, and find the
// same members.
void CheckInPlace(std::string_view text, const Json& value, std::string_view canonical) {
  if (CanonicalEnd(text, 0) == text.size()) CUE_ASSERT(text == canonical);
  CUE_ASSERT(SkipJsonValue(canonical, 0) == canonical.size());
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.items()) {
    CUE_ASSERT(MemberText(canonical, JsonKeyText(key)) == CanonicalText(member));
  }
}

void CheckFixedPoint(std::string_view text) {
  const auto value = ParseJson(text);
  CUE_ASSERT(value.has_value());
  const std::string canonical = CanonicalText(*value);
  const auto again = ParseJson(canonical);
  CUE_ASSERT(again.has_value() && CanonicalText(*again) == canonical);
  CheckInPlace(text, *value, canonical);
  CheckInPlace(canonical, *value, canonical);
}

void CheckForms(StoreFixture& f, const Uuid& id) {
  for (const EventForm form :
       {EventForm::kRow, EventForm::kRest, EventForm::kGraphql, EventForm::kQuery}) {
    std::string out;
    AppendEvent(out, f.View(id), form, f.store.view().progress(id), true);
    CheckFixedPoint(out);
  }
}

void CheckErrors(const FieldErrors& errors) {
  CUE_ASSERT(!errors.empty() && !ValidationSentence(errors).empty());
  CUE_ASSERT(Json::accept(ValidationBody("POST", "/api/events", errors)));
}

void CheckBody(const Json& body) {
  StoreFixture f;
  const Uuid source = f.Dispatch(R"({"topic":"demo.source","summary":{"a":[1]}})");
  if (const auto request = ParseDispatchRequest(body)) {
    const auto id = f.store.ledger().Dispatch(*request, kActor, f.Now(), f.Draw());
    if (id && request->store) CheckForms(f, *id);
  } else {
    CheckErrors(request.error());
  }
  if (const auto request = ParseUpdateRequest(body)) {
    CUE_ASSERT(f.store.ledger().Update(source, *request, kActor, f.Now()).has_value());
    CheckForms(f, source);
  } else {
    CheckErrors(request.error());
  }
  if (const auto request = ParseEnrollRequest(body)) {
    (void)CheckEnrollTopics(*request);
    const auto job = f.store.ledger().Enroll(*request, kActor, f.Now(), f.Draw());
    CUE_ASSERT(job.has_value());
    if (*job) CheckForms(f, **job);
  } else {
    CheckErrors(request.error());
  }
  for (const Change& change : f.store.ledger().TakeChanges())
    CheckFixedPoint(SocketMessage(change));
}

void CheckTopics(const Json& body) {
  TopicRegistry topics;
  const auto declared = topics.Declare(body);
  CUE_ASSERT(declared || !declared.error().message.empty());
  if (const auto request = ParseDispatchRequest(body)) {
    topics.Note(request->topic, request->summary);
    (void)topics.Check(request->topic, request->summary, request->description);
  }
  std::string out;
  topics.AppendTopics(out, [](std::string_view /*topic*/) { return uint64_t{1}; });
  CUE_ASSERT(ParseJson(out).has_value());
}

// What was taken is known the next time, and so is what it shows itself as.
void CheckImport(std::string_view lines) {
  // A store for every input would cost more than all the rest.
  if (!EventReader().Read(lines.substr(0, lines.find('\n')))) return;
  StoreFixture f;
  const auto first = f.store.ledger().Import(lines);
  const auto second = f.store.ledger().Import(lines);
  CUE_ASSERT(first && second && second->events == 0);
  CUE_ASSERT(second->known >= first->events && f.store.view().table().size() == first->events);
  if (first->events == 0) return;
  std::string shown;
  f.store.view().table().VisitRange({}, [&](Row row) {
    CheckForms(f, f.store.view().table().id(row));
    AppendEvent(shown, f.store.view().table().View(row).value(), EventForm::kRest);
    shown += '\n';
    return true;
  });
  StoreFixture copy;
  CUE_ASSERT(copy.store.ledger().Import(shown)->events == first->events);
}

std::string Repeated(std::string_view part, size_t size) {
  std::string text;
  while (text.size() + part.size() <= size) text += part;
  return text;
}

void CheckLargeInputs() {
  for (const std::string_view part : {"[", "{\"a\":", "\"a\":{", "[1,{\"a\":"}) {
    const auto value = ParseJson(Repeated(part, kMaxEventBytes));
    CUE_ASSERT(!value && value.error().code == ErrorCode::kTooLarge);
  }
  for (const std::string_view part : {"\"", "9", "\"a\":", "[],"}) {
    const auto value = ParseJson(Repeated(part, kMaxEventBytes));
    CUE_ASSERT(!value && value.error().code == ErrorCode::kInvalid);
  }
  constexpr size_t kText = kMaxEventBytes / 64;
  for (const std::string_view part : {"x", "\\u0001", "é", "\\\""}) {
    const std::string text = Repeated(part, kText);
    CheckBody(*ParseJson(R"({"topic":"demo.a","description":")" + text + "\"}"));
  }
  for (const std::string_view part : {"1e14,", "[],", "{\"a\":[]},"}) {
    const std::string text = Repeated(part, kText);
    CheckBody(*ParseJson(R"({"topic":"demo.a","payload":{"a":[)" + text + "0]}}"));
  }
}

}  // namespace
}  // namespace cuesheet::testing

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cuesheet::testing::CheckLargeInputs();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto body = cuesheet::ParseJson(text)) {
    cuesheet::testing::CheckFixedPoint(text);
    cuesheet::testing::CheckBody(*body);
    if (cuesheet::FindMember(*body, "topics")) cuesheet::testing::CheckTopics(*body);
  }
  cuesheet::testing::CheckImport(text);
  return 0;
}
