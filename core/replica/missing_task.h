// Events that the upstream did not have when it was asked for them: each is asked for by its own
// address, which says whether it was deleted or is only hidden by a licence (protocol.md 6.3). At
// once where it has been read before, so that it was committed; after kMissingAgainMs to twice that
// where only a message told of it, whose transaction may not have ended (12.3).
#pragma once

#include <deque>
#include <set>
#include <span>

#include "replica/read_state.h"

namespace cuesheet {

class MissingTask final : public ReadTask {
 public:
  explicit MissingTask(ReadState* state) : state_(state) {}

  // These were asked for by their ids, and those of `found` came.
  void Note(std::span<const Uuid> asked, const std::set<Uuid>& found, Timestamp now);
  // Events that were updated at that time or before are not shown by the upstream.
  Timestamp hidden_until() const { return hidden_until_; }

  ReadDue Due() const override {
    return {.at = to_ask_.empty() ? again_at_ : std::optional(Timestamp{})};
  }
  std::optional<ReadRequest> Ask(Timestamp now) override;
  Result<ReadOutcome> Take(const ReadAnswer& answer, Timestamp now) override;
  void Begin(Timestamp /*now*/) override { to_ask_.clear(); }
  void SetBack(int64_t back_us) override { MoveBack(again_at_, back_us); }

 private:
  ReadState* state_;
  std::deque<Uuid> to_ask_;
  Uuid asked_{};
  std::set<Uuid> confirmed_;         // there by their address, though not found by GraphQL
  std::set<Uuid> missing_, before_;  // at the look before this one too
  std::optional<Timestamp> again_at_;
  Timestamp hidden_until_{};
};

}  // namespace cuesheet
