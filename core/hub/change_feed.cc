#include "hub/change_feed.h"

#include "event/codec.h"
#include "hub/access.h"

namespace cuesheet {
namespace {

std::string_view KindName(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kInserted:
      return "inserted";
    case ChangeKind::kReplaced:
      return "replaced";
    case ChangeKind::kRemoved:
      return "removed";
    default:
      return "updated";
  }
}

// Who has a copy keeps the payload that it has when this one cannot be read.
void AppendShown(std::string& out, Row row, EventView& event, bool with_payload,
                 const StoreView& store) {
  if (with_payload) {
    const auto payload = store.table().payload(row);
    if (!payload) return AppendUnreadable(out, event, EventForm::kRow, payload.error().message);
    event.payload = *payload;
  }
  AppendEvent(out, event, EventForm::kRow, store.progress(event.id), with_payload);
}

}  // namespace

void ChangeFeed::Note(const Change& change) {
  if (change.kind == ChangeKind::kTransient) return;
  if (change.kind == ChangeKind::kImported) {
    CatchUp(change.sequence - change.imported.size());  // without their ids: all of it is history
    for (const Uuid& id : change.imported) Add({id, {}, ChangeKind::kInserted, false});
    return;
  }
  CatchUp(change.sequence - 1);
  const bool has_moved = change.kind != ChangeKind::kInserted && change.fields.Has(Field::kProject);
  Add({change.event.id, change.previous_id, change.kind, has_moved});
}

void ChangeFeed::Add(const Entry& entry) {
  entries_.push_back(entry);
  ++head_;
  if (entries_.size() <= kMaxFeedChanges) return;
  entries_.pop_front();
  ++floor_;
}

void ChangeFeed::CatchUp(uint64_t sequence) {
  if (head_ == sequence) return;
  entries_.clear();
  floor_ = head_ = sequence;
}

uint64_t ChangeFeed::Append(std::string& out, uint64_t since, const FeedLimit& limit,
                            bool with_payloads, const Caller& caller,
                            const StoreView& store) const {
  const size_t start = out.size();
  size_t count = 0;
  uint64_t sequence = since;
  while (sequence < head_ && count < limit.changes && out.size() - start < limit.bytes) {
    const Entry& entry = entries_[static_cast<size_t>(sequence - floor_)];
    ++sequence;
    if (count > 0) out += ',';
    if (AppendEntry(out, sequence, entry, with_payloads, caller, store)) {
      ++count;
    } else if (count > 0) {
      out.pop_back();
    }
  }
  return sequence;
}

// False when the caller does not learn of it.
bool ChangeFeed::AppendEntry(std::string& out, uint64_t sequence, const Entry& entry,
                             bool with_payloads, const Caller& caller,
                             const StoreView& store) const {
  const EventTable& table = store.table();
  ChangeKind kind = entry.kind;
  const Row row = kind == ChangeKind::kRemoved ? kNoRow : table.FindById(entry.id);
  std::optional<EventView> event;
  if (row != kNoRow) event = table.ViewWithoutPayload(row);
  if (kind != ChangeKind::kRemoved && !caller.is_manager) {
    if (!event || RefuseRead(caller, *event)) {
      if (!entry.has_moved) return false;
      kind = ChangeKind::kRemoved;
      event.reset();
    }
  }
  out += R"({"sequence":)" + std::to_string(sequence) + R"(,"kind":")";
  out += KindName(kind);
  // What a caller who may not see the new event has to remove is the old one.
  const bool is_old = kind != entry.kind && entry.kind == ChangeKind::kReplaced;
  out += R"(","id":")" + (is_old ? entry.previous_id : entry.id).Hex() + '"';
  if (kind == ChangeKind::kReplaced) out += R"(,"previousId":")" + entry.previous_id.Hex() + '"';
  if (event) {
    out += R"(,"event":)";
    AppendShown(out, row, *event, with_payloads, store);
  }
  out += '}';
  return true;
}

}  // namespace cuesheet
