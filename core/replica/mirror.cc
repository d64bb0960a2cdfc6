#include "replica/mirror.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "event/codec.h"
#include "replica/upstream_event.h"

namespace cuesheet {
namespace {

std::unexpected<Error> Broken(std::string_view what) {
  return Fail(ErrorCode::kInvalid, "upstream: " + std::string(what));
}

// Whatever the number is; the result may be no valid time.
Timestamp Later(Timestamp time, int64_t us) {
  return {static_cast<int64_t>(static_cast<uint64_t>(time.us) + static_cast<uint64_t>(us))};
}

std::optional<uint64_t> NumberOf(const Json& object, std::string_view name) {
  const Json* value = FindMember(object, name);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return value->get<uint64_t>();
}

constexpr size_t kIdTailDigits = 16;

// Of the two parts in which a snapshot has it (hub/snapshot_columns.h).
std::string IdOf(const Json& head, Timestamp created, std::string_view tails) {
  std::string tail(tails.substr(0, kIdTailDigits));
  if (head.is_string()) return head.get<std::string>() + tail;
  const auto with_tail = Uuid::Parse(std::string(kIdTailDigits, '0') + tail);
  if (!with_tail || !head.is_number_integer()) return tail;  // refused as an id
  const Timestamp ticks = Later({created.us * 10}, head.get<int64_t>());
  return Uuid::FromTicks(ticks.us, *with_tail).Hex();
}

}  // namespace

Result<void> RelayTarget::Merge(const Event& event, FieldSet fields,
                                std::optional<double> progress) {
  return store_->Merge(event, fields, progress, Trust::kMirror);
}

Result<void> RelayTarget::Remove(const Uuid& id) { return store_->RemoveUpstream(id); }

Result<void> Mirror::Snapshot(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (line.empty()) continue;
    CUE_ASSIGN(Json value, ParseJson(line));
    if (const auto sequence = NumberOf(value, "sequence")) {
      sequence_ = sequence;
      snapshot_store_ = TextMember(value, "store");
      seen_.clear();
      continue;
    }
    if (!sequence_) return Broken("the first line of a snapshot has no sequence");
    if (value.is_object() && value.contains("columns")) {
      CUE_TRY(Columns(value["columns"]));
    } else {
      CUE_TRY(ShownInSnapshot(value));
    }
  }
  return {};
}

Result<void> Mirror::ShownInSnapshot(const Json& event) {
  CUE_TRY(Merge(event));
  const auto id = Uuid::Parse(TextMember(event, "id"));
  if (id) seen_.insert(store_->table().FindById(*id));
  return {};
}

// Columns of one length, and a row made of each of their places.
Result<void> Mirror::Columns(Json& columns) {
  const std::string tails(TextMember(columns, "idTail"));
  const bool has_all = columns.is_object() && columns.contains("createdUs") &&
                       columns.contains("idHead") && columns.erase("idTail") > 0;
  if (!has_all || tails.size() % kIdTailDigits != 0) {
    return Broken("a snapshot has columns without whole ids or times");
  }
  const size_t rows = tails.size() / kIdTailDigits;
  for (const Json& column : columns) {
    if (!column.is_array() || column.size() != rows) {
      return Broken("the columns of a snapshot are not of one length");
    }
  }
  Timestamp created{};
  int64_t order = 0;
  for (size_t i = 0; i < rows; ++i) {
    Json row = Json::object();
    for (auto& [name, column] : columns.items()) {
      const int64_t number = column[i].is_number_integer() ? column[i].get<int64_t>() : 0;
      if (name == "createdUs") {  // sorted by name, so this comes before `idHead`
        created = Later(created, number);
        if (!created.IsValid()) return Broken("a time of a snapshot is out of range");
        row["createdAt"] = created.Iso();
      } else if (name == "idHead") {
        row["id"] = IdOf(column[i], created, std::string_view(tails).substr(i * kIdTailDigits));
      } else if (name == "updatedUs") {
        const Timestamp updated = Later(created, number);
        if (!updated.IsValid()) return Broken("a time of a snapshot is out of range");
        row["updatedAt"] = updated.Iso();
      } else if (name == "order") {
        order = Later({order}, number).us;
        row["cursor"] = CursorOf(order);
      } else if (!(column[i].is_null() && (name == "hash" || name == "payload"))) {
        row[name] = std::move(column[i]);
      }
    }
    CUE_TRY(ShownInSnapshot(row));
  }
  return {};
}

Result<uint64_t> Mirror::EndSnapshot() {
  if (!sequence_) return Fail(ErrorCode::kState, "no snapshot is coming in");
  const EventTable& table = store_->table();
  std::vector<Uuid> gone;
  table.VisitRange({.newest_first = true}, [&](Row row) {
    if (!seen_.contains(row) && !target_->IsLocal(table.id(row))) gone.push_back(table.id(row));
    return true;
  });
  for (const Uuid& id : gone) CUE_TRY(target_->Remove(id));
  seen_.clear();
  return *std::exchange(sequence_, std::nullopt);
}

Result<uint64_t> Mirror::Changes(const Json& page) {
  const Json* changes = FindMember(page, "changes");
  const auto next = NumberOf(page, "next");
  if (changes == nullptr || !changes->is_array() || !next) {
    return Broken("expected a page of changes");
  }
  for (const Json& change : *changes) CUE_TRY(Apply(change));
  return *next;
}

Result<void> Mirror::Events(const Json& events) {
  if (!events.is_array()) return Broken("expected a list of events");
  for (const Json& event : events) CUE_TRY(Merge(event));
  return {};
}

Result<void> Mirror::Apply(const Json& change) {
  const Json* event = FindMember(change, "event");
  if (event != nullptr) return Merge(*event);
  // An event that is no more: its removal follows, unless this is it.
  if (TextMember(change, "kind") == "removed") return Remove(FindMember(change, "id"));
  return Remove(FindMember(change, "previousId"));
}

Result<void> Mirror::Merge(const Json& event) {
  CUE_ASSIGN(const UpstreamEvent shown, ParseShown(event));
  return target_->Merge(shown.event, shown.fields, shown.progress);
}

Result<void> Mirror::Remove(const Json* id) {
  if (id == nullptr || !id->is_string()) return {};
  const auto parsed = Uuid::Parse(id->get_ref<const std::string&>());
  if (!parsed) return Broken("an id is not 32 hex digits");
  return target_->Remove(*parsed);
}

}  // namespace cuesheet
