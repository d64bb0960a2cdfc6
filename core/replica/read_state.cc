#include "replica/read_state.h"

#include <algorithm>

#include "base/json.h"

namespace cuesheet {
namespace {

constexpr std::string_view kReadQuery =
    "query Read($first:Int,$last:Int,$after:String,$before:String,$ids:[String!],"
    "$statuses:[String!],$topics:[String!]){events(first:$first,last:$last,after:$after,"
    "before:$before,ids:$ids,statuses:$statuses,topics:$topics,includeLogs:true){edges{cursor "
    "node{";

// The fields to request: GraphQL has no sender type, and the creation order is the cursor.
std::string NodeFields(bool with_payload) {
  std::string names;
  for (const FieldInfo& info : kFields) {
    switch (info.field) {
      case Field::kSenderType:
      case Field::kPayload:
      case Field::kCreationOrder:
        continue;
      default:
        names += info.name;
        names += ' ';
    }
  }
  if (with_payload) names += "payload ";
  names.pop_back();
  return names;
}

const Json* EdgesOf(const Json& answer) {
  const Json* data = FindMember(answer, "data");
  const Json* events = data == nullptr ? nullptr : FindMember(*data, "events");
  const Json* edges = events == nullptr ? nullptr : FindMember(*events, "edges");
  return edges != nullptr && edges->is_array() ? edges : nullptr;
}

void Count(const UpstreamEvent& upstream, ReadPage& page) {
  const Event& event = upstream.event;
  page.found.insert(event.id);
  page.newest_update = std::max(page.newest_update, event.updated_at);
  if (!upstream.fields.Has(Field::kCreationOrder)) return;
  page.last = event.creation_order;
  page.highest = std::max(page.highest, page.last);
  page.lowest = page.lowest == 0 ? page.last : std::min(page.lowest, page.last);
}

}  // namespace

Result<void> ReadState::Load() {
  CUE_ASSIGN(const auto known, outbox_->reading());
  if (!noted_ && known) position_ = *(noted_ = known);
  return {};
}

void ReadState::MoveTo(const ReadPosition& position) {
  position_ = position;
  const bool is_near = noted_ && position.walked_to < noted_->walked_to + kSaveAhead &&
                       position.floor > noted_->floor - kSaveStep &&
                       (position.floor == 0) == (noted_->floor == 0) &&
                       position.changes == noted_->changes;
  if (is_near) return;
  noted_ = position;
  outbox_->ReadTo(position);
}

ReadRequest ReadState::AskPage(std::string_view way, const std::string& more) const {
  return AskGraphql("{\"" + std::string(way) + "\":" + std::to_string(kReadPageSize) + more + '}');
}

ReadRequest ReadState::AskIds(std::span<const Uuid> ids) const {
  std::string list;
  for (const Uuid& id : ids) list += (list.empty() ? "\"" : ",\"") + id.Hex() + '"';
  return AskGraphql(R"({"first":)" + std::to_string(ids.size()) + R"(,"ids":[)" + list + "]}");
}

// `variables` is JSON text.
ReadRequest ReadState::AskGraphql(const std::string& variables) const {
  return {"POST", "/graphql",
          R"({"query":")" + std::string(kReadQuery) + NodeFields(has_payloads_) +
              R"(}}}}","variables":)" + variables + '}'};
}

Result<ReadPage> ReadState::TakePage(const UpstreamAnswer& answer, Timestamp now) {
  if (answer.status == 403) return ReadPage{.outcome = ReadOutcome::kUnauthorized};
  if (answer.status == 0) return ReadPage{.outcome = ReadOutcome::kFailed};
  const Json body = answer.status == 200 ? ParseJson(answer.body).value_or(Json()) : Json();
  const Json* const edges = EdgesOf(body);
  if (edges == nullptr) return ReadPage{.outcome = ReadOutcome::kUnreadable};
  ReadPage page{.edges = edges->size()};
  for (const Json& edge : *edges) {
    const auto upstream = ParseEdge(edge);
    if (!upstream) continue;
    Count(*upstream, page);
    CUE_TRY(TakeRow(*upstream, now));
  }
  return page;
}

// A row is the upstream's state and counts however old it is. The exception is a recent message
// about something newer, because the row may be from before it.
Result<void> ReadState::TakeRow(const UpstreamEvent& upstream, Timestamp now) {
  const Event& event = upstream.event;
  const Row row = table().FindById(event.id);
  if (follows_) {
    // While a feed is followed, an answer may be late: it must not restore a removed event.
    if (row == kNoRow) return {};
    return outbox_->Merge(event, upstream.fields, upstream.progress);
  }
  if (outbox_->WasRemoved(event.id)) return {};
  const bool is_recent = messages_.Has(event.id);
  if (is_recent && row != kNoRow && event.updated_at < table().updated_at(row)) {
    rereads_.AddLater(event.id, now, kOlderRowAgainMs);
  }
  const auto trust = is_recent ? std::nullopt : std::optional(Trust::kUpstream);
  return outbox_->Merge(event, upstream.fields, upstream.progress, trust);
}

Timestamp ReadState::NewestUpdate() const {
  Timestamp newest{};
  for (Row row = 0; row < table().row_limit(); ++row) {
    if (!table().IsLive(row) || table().creation_order(row) >= kFirstProvisionalOrder) continue;
    if (newest < table().updated_at(row)) newest = table().updated_at(row);
  }
  return newest;
}

}  // namespace cuesheet
