// Enrolling (protocol.md 8). Most polls find nothing, so such a poll allocates nothing.
#include "jobs/enroll.h"
#include "store/ledger.h"
#include "store/store_state.h"

namespace cuesheet {

Actor WorkerOf(const EnrollRequest& request, Actor asking) {
  if (request.sender) asking.sender = request.sender;
  if (request.sender_type) asking.sender_type = request.sender_type;
  if (!asking.sender) asking.sender = "ayon_server";
  if (!asking.sender_type) asking.sender_type = "api";
  return asking;
}

Result<std::optional<Uuid>> Ledger::Enroll(const EnrollRequest& request, const Actor& actor,
                                           Timestamp now, const Entropy& entropy) {
  CUE_TRY(CheckWritable());
  // The sum by topics is asked for only when it matters: this is the path of every idle worker.
  if (!request.source_topics.empty() &&
      !state_.memory.HasRoomForWork(table_.size() * Frontiers::kSourceBytes)) {
    const auto room = state_.memory.CheckWork(frontiers_.BytesToMake(
        {request.source_topics, request.is_pattern, request.target_topic, request.max_retries}));
    if (!room) {
      frontiers_.DropAll();  // the next request may have room for its own
      return std::unexpected(room.error());
    }
  }
  CUE_ASSIGN(const EnrollDecision decision, Decide(request, actor, now));
  switch (decision.kind) {
    case EnrollDecision::Kind::kNothing:
    case EnrollDecision::Kind::kAbandoned:
      return std::nullopt;
    case EnrollDecision::Kind::kHandBack:
      return table_.id(decision.row);
    case EnrollDecision::Kind::kRestart: {
      const Uuid job = table_.id(decision.row);
      UpdateRequest update;
      update.status = EventStatus::kPending;
      update.user = actor.user;
      const EventStatus status = table_.status(decision.row);
      update.description =
          IsOpen(status) ? "Restarting abandoned event" : "Restarting failed event";
      const int32_t retries = table_.retries(decision.row);
      if (status != EventStatus::kRestarted && retries < INT32_MAX) update.retries = retries + 1;
      CUE_TRY(Update(job, update, actor, now));
      return job;
    }
    case EnrollDecision::Kind::kCreate: {
      const Uuid source = table_.id(decision.row);
      DispatchRequest job;
      job.topic = request.target_topic;
      job.hash = JobHash(request.target_topic, source);
      job.depends_on = source.Hex();
      job.description = request.description.value_or(request.DefaultDescription());
      job.finished = false;
      CUE_ASSIGN(const Uuid id, Store(job, actor, now, entropy));
      return id;
    }
  }
  return std::nullopt;
}

// Abandoned jobs are failed on the way, at most kMaxAbandoned; the next request goes on.
Result<EnrollDecision> Ledger::Decide(const EnrollRequest& request, const Actor& actor,
                                      Timestamp now) {
  const std::string_view sender = actor.sender ? *actor.sender : std::string_view{};
  PayloadFiles& payloads = state_.archive.payload_files();
  abandoned_.clear();
  for (;;) {
    payloads.ForgetMissed();
    const EnrollDecision decision = DecideEnroll(table_, frontiers_, request, sender, now);
    CUE_TRY(payloads.CheckMissed());
    if (decision.kind != EnrollDecision::Kind::kAbandoned || abandoned_.size() == kMaxAbandoned) {
      return decision;
    }
    abandoned_.push_back(table_.id(decision.row));
    CUE_TRY(Abandon(abandoned_.back(), request.lease_seconds, now));
  }
}

Result<void> Ledger::Abandon(const Uuid& job, int64_t lease_seconds, Timestamp now) {
  UpdateRequest update;
  update.status = EventStatus::kFailed;
  update.description = "Abandoned: its worker sent no update for " + std::to_string(lease_seconds) +
                       " seconds, and no retry is left";
  const auto failed = Update(job, update, {}, now);
  if (failed || failed.error().code != ErrorCode::kQuota) return failed;
  update.description.reset();
  return Update(job, update, {}, now);
}

}  // namespace cuesheet
