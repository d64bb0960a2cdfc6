// Where the changes of a hub go in a replica: under the local writes that wait (mirror.h).
#pragma once

#include "replica/mirror.h"
#include "replica/outbox.h"

namespace cuesheet {

class OutboxTarget final : public MirrorTarget {
 public:
  explicit OutboxTarget(Outbox* outbox) : outbox_(outbox) {}

  // What a hub's feed shows is how the event is, whatever the clocks say.
  Result<void> Merge(const Event& event, FieldSet fields, std::optional<double> progress) override {
    return outbox_->Merge(event, fields, progress, Trust::kUpstream);
  }
  Result<void> Remove(const Uuid& id) override { return outbox_->RemovedUpstream(id); }
  bool IsLocal(const Uuid& id) const override { return outbox_->HasDispatch(id); }

 private:
  Outbox* outbox_;
};

}  // namespace cuesheet
