// What the tasks share: how far the upstream has been read, how to ask for a page, and what a row
// means for the event in the store.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "base/uuid.h"
#include "replica/outbox.h"
#include "replica/read_task.h"
#include "replica/recent_messages.h"
#include "replica/reread_queue.h"
#include "replica/upstream_event.h"
#include "store/store_view.h"

namespace cuesheet {

// Whether payloads are read with the events: a relay serves them, a replica fetches single ones.
enum class Payloads : uint8_t { kOnDemand, kWithEvents };

// The content of a GraphQL page. Numbers are creation orders; 0 = no row has one.
struct ReadPage {
  ReadOutcome outcome = ReadOutcome::kDone;  // otherwise nothing was merged
  size_t edges = 0;
  int64_t last = 0, lowest = 0, highest = 0;
  Timestamp newest_update{};
  std::set<Uuid> found{};

  // Whether there may be more after it.
  bool is_full() const { return edges >= kReadPageSize && last > 0; }
};

class ReadState {
 public:
  ReadState(const StoreView* store, Outbox* outbox, Payloads payloads)
      : store_(store), outbox_(outbox), has_payloads_(payloads == Payloads::kWithEvents) {}

  // Continues where the previous session ended; call it once.
  Result<void> Load();
  // Whether anything has been read, by this session or an earlier one.
  bool has_begun() const { return noted_.has_value(); }
  const ReadPosition& position() const { return position_; }
  // Noted on disk only now and then.
  void MoveTo(const ReadPosition& position);

  // The first page by `last` (newest first) or `first` (oldest first), `more` are further
  // variables:
  // "" or JSON members, each with a comma before it.
  ReadRequest AskPage(std::string_view way, const std::string& more) const;
  ReadRequest AskIds(std::span<const Uuid> ids) const;

  // Merges the rows of an answer to these.
  Result<ReadPage> TakePage(const UpstreamAnswer& answer, Timestamp now);
  Result<void> TakeRow(const UpstreamEvent& upstream, Timestamp now);

  // Whether the upstream is a hub, whose feed is followed.
  bool follows() const { return follows_; }
  void Follow(bool follows) { follows_ = follows; }
  bool has_payloads() const { return has_payloads_; }

  // The newest update that the upstream has sent, by its clock.
  Timestamp NewestUpdate() const;

  const StoreView& store() const { return *store_; }
  const EventTable& table() const { return store_->table(); }
  Outbox& outbox() { return *outbox_; }
  RereadQueue& rereads() { return rereads_; }
  RecentMessages& messages() { return messages_; }

 private:
  ReadRequest AskGraphql(const std::string& variables) const;

  const StoreView* store_;
  Outbox* outbox_;
  bool has_payloads_;
  bool follows_ = false;
  ReadPosition position_;
  std::optional<ReadPosition> noted_;
  RereadQueue rereads_;
  RecentMessages messages_;
};

}  // namespace cuesheet
