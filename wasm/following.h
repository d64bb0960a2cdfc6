// Calls of the method `replica`: what the host reports about the connection to the upstream
// (docs/border.md, 12).
#pragma once

#include <string>

#include "base/effects.h"
#include "base/result.h"
#include "frame.h"
#include "replica/connection.h"
#include "replica/outbox.h"
#include "store/event_store.h"

namespace cuesheet {

class Following {
 public:
  Following(EventStore* store, EffectQueue* effects, Payloads payloads)
      : outbox_(store, effects), connection_(store, effects, &outbox_, payloads) {}

  Result<std::string> Call(const Frame& frame);
  // What the host reports of an answer: `status`, `contentType?` and the body. It refers to the
  // frame.
  static Result<UpstreamAnswer> AnswerOf(const Frame& frame);
  // What the last answer was, when something else than the upstream gave it; "" = it did not.
  const std::string& intercepted() const {
    return outbox_.intercepted().empty() ? connection_.intercepted() : outbox_.intercepted();
  }
  // Sends waiting local writes, and passes on to the connection what their answers require.
  Result<void> Drain(Timestamp now, const Entropy& entropy);

  Outbox& outbox() { return outbox_; }
  const Outbox& outbox() const { return outbox_; }
  const Connection& connection() const { return connection_; }

 private:
  static Result<std::string> Check(const Frame& frame);

  Outbox outbox_;
  Connection connection_;
};

}  // namespace cuesheet
