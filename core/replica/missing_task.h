// Events that an answer of the upstream did not have. Each is requested by its own address, which
// says whether it was deleted or is only hidden by a licence (protocol.md 6.3). This happens at
// once for an event that was read before, because then it was committed. It happens after
// kMissingAgainMs to twice that for an event that only a message named, because its transaction may
// not have ended (12.3). A hub is asked only for dispatches whose rows its feed does not bring: a
// relay has no word of an event that was removed before the relay read it.
#pragma once

#include <deque>
#include <set>
#include <span>

#include "replica/read_state.h"

namespace cuesheet {

class MissingTask final : public ReadTask {
 public:
  explicit MissingTask(ReadState* state) : state_(state) {}

  // These were requested by their ids, and those of `found` arrived.
  void Note(std::span<const Uuid> asked, const std::set<Uuid>& found, Timestamp now);
  // A dispatch was delivered to a hub, and its row has to come with the feed.
  void Expect(const Uuid& id, Timestamp now);
  // The upstream does not show events whose last update was at this time or before.
  Timestamp hidden_until() const { return hidden_until_; }

  ReadDue Due() const override {
    return {.at = to_ask_.empty() ? again_at_ : std::optional(Timestamp{})};
  }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const UpstreamAnswer& answer, Timestamp now) override;
  void Begin(Timestamp /*now*/) override { to_ask_.clear(); }
  void Stop() override;
  void SetBack(int64_t back_us) override { MoveBack(again_at_, back_us); }

 private:
  bool IsSettled(const Uuid& id) const;

  ReadState* state_;
  std::deque<Uuid> to_ask_;
  Uuid asked_{};
  std::set<Uuid> confirmed_;         // found by their address, although not by GraphQL
  std::set<Uuid> missing_, before_;  // also missing at the previous look
  std::optional<Timestamp> again_at_;
  Timestamp hidden_until_{};
};

}  // namespace cuesheet
