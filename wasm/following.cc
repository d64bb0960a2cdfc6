#include "following.h"

#include "base/json.h"

namespace cuesheet {

Result<void> Following::Drain(Timestamp now, const Entropy& entropy) {
  CUE_TRY(outbox_.Pump(connection_.state() == ConnectionState::kLive, now, entropy));
  if (outbox_.TakeUnauthorized()) connection_.Refused(now, entropy);
  connection_.Look(outbox_.TakeQuestions(), now);
  return {};
}

Result<UpstreamAnswer> Following::AnswerOf(const Frame& frame) {
  CUE_ASSIGN(const uint64_t status, frame.Number("status"));
  return UpstreamAnswer{.status = static_cast<int>(status),
                        .body = frame.body,
                        .content_type = TextMember(frame.header, "contentType")};
}

// Whether the answer to a request that the host makes itself is the upstream's.
Result<std::string> Following::Check(const Frame& frame) {
  CUE_ASSIGN(const std::string operation, frame.Text("operation"));
  CUE_ASSIGN(const UpstreamAnswer answer, AnswerOf(frame));
  const Json json = ParseJson(answer.body).value_or(Json());
  const AnswerSource source = SourceOf(ParseAskedFor(operation), answer, json);
  return HeaderFrame({{"isOwn", source == AnswerSource::kUpstream}, {"what", Describe(answer)}});
}

Result<std::string> Following::Call(const Frame& frame) {
  CUE_ASSIGN(const Timestamp now, frame.Now());
  CUE_ASSIGN(const Entropy entropy, frame.TakeEntropy());
  CUE_ASSIGN(const std::string event, frame.Text("event"));
  if (event == "check") return Check(frame);
  if (event == "start") {
    connection_.Start(now);
  } else if (event == "stop") {
    connection_.Stop();
  } else if (event == "opened") {
    CUE_TRY(connection_.Opened(now));
  } else if (event == "closed") {
    connection_.Closed(now, entropy);
  } else if (event == "online") {
    connection_.Online(now);
  } else if (event == "offline") {
    connection_.Offline();
  } else if (event == "timer") {
    CUE_TRY(connection_.Timer(now, entropy));
  } else if (event == "message") {
    CUE_TRY(connection_.Message(frame.body, now, entropy));
  } else if (event == "fetched") {
    CUE_ASSIGN(const uint64_t request, frame.Number("request"));
    CUE_ASSIGN(const UpstreamAnswer answer, AnswerOf(frame));
    CUE_TRY(connection_.Fetched(request, answer, now, entropy));
  } else if (event == "snapshot") {
    CUE_ASSIGN(const uint64_t request, frame.Number("request"));
    CUE_TRY(connection_.Snapshot(request, frame.body, now, entropy));
  } else if (event == "snapshotEnded") {
    CUE_ASSIGN(const uint64_t request, frame.Number("request"));
    CUE_ASSIGN(const UpstreamAnswer answer, AnswerOf(frame));
    CUE_TRY(connection_.SnapshotEnded(request, answer, now, entropy));
  } else {
    return Fail(ErrorCode::kInvalid, "event: no replica event is called '" + event + "'");
  }
  CUE_TRY(Drain(now, entropy));
  return HeaderFrame({{"state", ConnectionStateName(connection_.state())}});
}

}  // namespace cuesheet
