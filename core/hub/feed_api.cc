// HubApi's change feed and snapshot.
#include <algorithm>

#include "base/json.h"
#include "event/codec.h"
#include "event/feed_version.h"
#include "event/field_reader.h"
#include "hub/access.h"
#include "hub/api.h"
#include "hub/snapshot_columns.h"

namespace cuesheet {
namespace {

bool ReadPayloads(FieldReader& fields) { return fields.Bool("payloads").value_or(false); }

constexpr std::string_view kSnapshotEnd = R"({"end":true})"
                                          "\n";

}  // namespace

void HubApi::Note(const Change& change) {
  feed_.Note(change);
  leases_.Note(change);
}

HubResponse HubApi::Changes(const HubRequest& request, const Json& arguments) {
  FieldReader fields(arguments);
  feed_.CatchUp(store_->sequence());
  const auto head_now = static_cast<int64_t>(feed_.head());
  const int64_t since = fields.Integer("since").value_or(head_now);
  const int64_t limit = fields.Integer("limit").value_or(100);
  const std::string store = fields.Text("store").value_or("");
  const bool with_payloads = ReadPayloads(fields);
  if (since < 0) fields.Fail("since", "ensure this value is 0 or more", "value_error.number");
  if (limit < 1 || limit > static_cast<int64_t>(kMaxFeedPage)) {
    fields.Fail("limit", "ensure this value is between 1 and " + std::to_string(kMaxFeedPage),
                "value_error.number");
  }
  if (fields.failed()) return InvalidRequest(request, fields.TakeErrors(), "query");
  if (const auto loaded = store_->CheckLoaded(); !loaded) return {503, LoadingBody()};
  std::string head = R"(,"version":)" + std::to_string(kFeedVersion);
  head += R"(,"head":)" + std::to_string(feed_.head()) + R"(,"store":)";
  AppendJsonString(head, request.store);
  const bool is_other = !store.empty() && store != request.store;
  if (is_other || !feed_.Covers(static_cast<uint64_t>(since))) {
    return {410, R"({"code":410,"detail":")" + std::string(GoneText(is_other)) + '"' + head + '}'};
  }
  HubResponse response{200, R"({"changes":[)"};
  const uint64_t next = feed_.Append(response.body, static_cast<uint64_t>(since),
                                     {.changes = static_cast<size_t>(limit)}, with_payloads,
                                     *request.caller, *store_);
  response.body += R"(],"next":)" + std::to_string(next) + head + '}';
  return response;
}

// Each part shows the store's state at its own time. The changes after the first part's sequence
// repeat everything that later parts already show, so parts and changes together give the store.
// Runtimes and proxies end a stream that fails as if it were complete, so a client may ask for a
// line that ends the last part.
HubResponse HubApi::Snapshot(const HubRequest& request, const Json& arguments) {
  FieldReader fields(arguments);
  const bool with_payloads = ReadPayloads(fields);
  const bool with_end = fields.Bool("end").value_or(false);
  const std::string cursor = fields.Text("before").value_or("");
  const std::string form = fields.Text("form").value_or("rows");
  if (form != "rows" && form != "columns") {
    fields.Fail("form", "expected rows or columns", "value_error");
  }
  const auto before = ParseCursor(cursor);
  if (!before) fields.Fail("before", before.error().message, "value_error");
  if (fields.failed()) return InvalidRequest(request, fields.TakeErrors(), "query");
  if (const auto loaded = store_->CheckLoaded(); !loaded) return {503, LoadingBody()};
  const EventTable& table = store_->table();
  HubResponse response;
  if (!*before) {
    response.body = R"({"sequence":)" + std::to_string(store_->sequence()) + R"(,"store":)";
    AppendJsonString(response.body, request.store);
    response.body += R"(,"version":)" + std::to_string(kFeedVersion);
    if (with_end) response.body += R"(,"end":true)";
    response.body += "}\n";
    response.sequence = store_->sequence();
  }
  OrderRange range{.newest_first = true};
  if (*before) range.before = **before;
  Row last = kNoRow;
  SnapshotColumns columns;
  const bool has_columns = form == "columns";
  // The first part is small, because a page shows it first; longer columns compress better.
  const size_t part_bytes = has_columns && *before ? kColumnsPartBytes : kSnapshotPartBytes;
  std::optional<Error> unreadable;
  const auto order = [&table](Row row) { return table.creation_order(row); };
  table.VisitRange(range, [&](Row row) {
    // A cursor cannot separate events of one creation order, so they stay in one part.
    if (last != kNoRow && order(row) != order(last) &&
        response.body.size() + columns.bytes() > part_bytes) {
      response.next = CursorOf(order(last));
      return false;
    }
    last = row;
    EventView event = table.ViewWithoutPayload(row);
    if (RefuseRead(*request.caller, event)) return true;
    if (with_payloads) {
      const auto payload = table.payload(row);
      if (!payload) {
        unreadable = payload.error();
        return false;
      }
      event.payload = *payload;
    }
    if (has_columns) {
      columns.Add(event, with_payloads);
      return true;
    }
    AppendEvent(response.body, event, EventForm::kRow, std::nullopt, with_payloads);
    response.body += '\n';
    return true;
  });
  // A follower would not notice a missing payload, so the snapshot fails.
  if (unreadable) return Refuse(*unreadable);
  columns.AppendTo(response.body);
  if (with_end && !response.next) response.body += kSnapshotEnd;
  return response;
}

// All events as they were when the first part was asked for. `export` names one that has begun:
// only the host knows its number.
HubResponse HubApi::Export(const HubRequest& request, const Json& arguments, Timestamp now) {
  if (const Refusal refusal = RefuseQuery(*request.caller))
    return Refuse({ErrorCode::kForbidden, std::string(*refusal)});
  FieldReader fields(arguments);
  const bool with_end = fields.Bool("end").value_or(false);
  const auto known = fields.Integer("export");
  if (known && (*known < 0 || *known > UINT32_MAX)) {
    fields.Fail("export", "no export has this number", "value_error.number");
  }
  if (fields.failed()) return InvalidRequest(request, fields.TakeErrors(), "query");
  if (const auto loaded = store_->CheckLoaded(); !loaded) return {503, LoadingBody()};
  const auto begun = known ? static_cast<uint32_t>(*known) : exports_->Begin(now);
  if (!begun) return Refuse(begun.error());
  if (fields.Bool("stop").value_or(false)) {
    exports_->End(*begun);
    return {204, ""};
  }
  HubResponse response;
  const auto part = exports_->Next(*begun, response.body, kSnapshotPartBytes, now);
  if (!part) return Refuse(part.error());
  if (!part->is_last) {
    response.next = std::to_string(*begun);
  } else if (with_end) {
    response.body += R"({"end":true,"events":)" + std::to_string(part->events) +
                     R"(,"withoutPayload":)" + std::to_string(part->without_payload) + "}\n";
  }
  return response;
}

std::string HubApi::LoadingBody() {
  return R"({"code":503,"detail":"The events are being loaded, try again"})";
}

}  // namespace cuesheet
