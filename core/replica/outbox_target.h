// Where the changes of a hub go: under the local writes that wait (mirror.h); a relay has none.
#pragma once

#include "replica/mirror.h"
#include "replica/outbox.h"

namespace cuesheet {

class OutboxTarget final : public MirrorTarget {
 public:
  // `trust`: kFeed for a relay, which tells others of what is new.
  OutboxTarget(Outbox* outbox, Trust trust) : outbox_(outbox), trust_(trust) {}

  // What a hub's feed shows is how the event is, whatever the clocks say.
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress) override {
    return outbox_->Merge(event, fields, progress, trust_);
  }
  Result<void> Remove(const Uuid& id) override { return outbox_->RemovedUpstream(id); }
  bool IsLocal(const Uuid& id) const override { return outbox_->HasDispatch(id); }

 private:
  Outbox* outbox_;
  Trust trust_;
};

}  // namespace cuesheet
