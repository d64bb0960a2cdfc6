// Stores the changes of a hub under the waiting local writes (mirror.h); a relay has none of those.
#pragma once

#include <functional>

#include "replica/mirror.h"
#include "replica/outbox.h"

namespace cuesheet {

class OutboxTarget final : public MirrorTarget {
 public:
  // `trust`: kFeed for a relay, which sends others what is new.
  OutboxTarget(Outbox* outbox, Trust trust) : outbox_(outbox), trust_(trust) {}

  // A hub's feed shows the state of the event, whatever the clocks say.
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress) override {
    return outbox_->Merge(event, fields, progress, trust_);
  }
  Result<void> Remove(const Uuid& id) override { return outbox_->RemovedUpstream(id); }
  bool IsLocal(const Uuid& id) const override { return outbox_->HasDispatch(id); }
  void SnapshotBegins(const std::function<bool(const Uuid&)>& shows) override {
    outbox_->SnapshotBegins(shows);
  }
  void SnapshotEnds() override { outbox_->SnapshotEnds(); }

 private:
  Outbox* outbox_;
  Trust trust_;
};

}  // namespace cuesheet
