#include "replica/mirror.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_canonical.h"
#include "base/json_text.h"
#include "replica/snapshot_rows.h"
#include "replica/upstream_event.h"

namespace cuesheet {
namespace {

std::optional<uint64_t> NumberOf(const Json& object, std::string_view name) {
  const Json* value = FindMember(object, name);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return value->get<uint64_t>();
}

constexpr std::string_view kColumnsBegin = R"({"columns":)";

}  // namespace

void Mirror::BeginSnapshot(bool must_end) {
  sequence_ = std::nullopt;
  must_end_ = must_end;
  seen_.clear();
}

Result<void> Mirror::Snapshot(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (line.empty()) continue;
    if (line.starts_with(kColumnsBegin) && sequence_) {
      CUE_TRY(Columns(line));
      continue;
    }
    CUE_ASSIGN(const Json value, ParseJson(line));
    if (const auto sequence = NumberOf(value, "sequence")) {
      sequence_ = sequence;
      snapshot_store_ = TextMember(value, "store");
      lacks_end_ = must_end_ || FindMember(value, "end") != nullptr;
      seen_.clear();
      target_->SnapshotBegins([this](const Uuid& id) { return HasShown(id); });
      continue;
    }
    if (!sequence_) return BrokenUpstream("the first line of a snapshot has no sequence");
    if (FindMember(value, "end") != nullptr) {
      lacks_end_ = false;
      continue;
    }
    CUE_ASSIGN(const UpstreamEvent shown, ParseShown(value));
    CUE_TRY(ShownInSnapshot(shown));
  }
  return {};
}

Result<void> Mirror::ShownInSnapshot(const UpstreamEvent& shown) {
  CUE_TRY(target_->Merge(shown.event, shown.fields, shown.progress));
  seen_.insert(store_->table().FindById(shown.event.id));
  return {};
}

bool Mirror::HasShown(const Uuid& id) const {
  const Row row = store_->table().FindById(id);
  return row != kNoRow && seen_.contains(row);
}

Result<void> Mirror::Columns(std::string_view line) {
  std::string rewritten;
  if (CanonicalEnd(line, 0) != line.size()) {
    CUE_ASSIGN(const Json value, ParseJson(line));
    line = rewritten = CanonicalText(value);
  }
  CUE_ASSIGN(SnapshotRows rows, SnapshotRows::Of(MemberText(line, "columns").value_or("{}")));
  while (rows.left() > 0) {
    CUE_ASSIGN(const EventView event, rows.Next());
    CUE_TRY(ShownInSnapshot(Shown(event)));
  }
  return {};
}

Result<uint64_t> Mirror::EndSnapshot() {
  if (!sequence_) return Fail(ErrorCode::kState, "no snapshot is coming in");
  if (lacks_end_) return Fail(ErrorCode::kState, "the snapshot was cut off");
  const EventTable& table = store_->table();
  std::vector<Uuid> gone;
  table.VisitRange({.newest_first = true}, [&](Row row) {
    if (!seen_.contains(row) && !target_->IsLocal(table.id(row))) gone.push_back(table.id(row));
    return true;
  });
  for (const Uuid& id : gone) CUE_TRY(target_->Remove(id));
  target_->SnapshotEnds();
  seen_.clear();
  return *std::exchange(sequence_, std::nullopt);
}

bool Mirror::HasUpstreamEvents() const {
  const EventTable& table = store_->table();
  bool has = false;
  table.VisitRange({.newest_first = true}, [&](Row row) {
    has = !target_->IsLocal(table.id(row));
    return !has;
  });
  return has;
}

Result<uint64_t> Mirror::Changes(const Json& page) {
  const Json* changes = FindMember(page, "changes");
  const auto next = NumberOf(page, "next");
  if (changes == nullptr || !changes->is_array() || !next) {
    return BrokenUpstream("expected a page of changes");
  }
  for (const Json& change : *changes) CUE_TRY(Apply(change));
  return *next;
}

Result<void> Mirror::Events(const Json& events) {
  if (!events.is_array()) return BrokenUpstream("expected a list of events");
  for (const Json& event : events) CUE_TRY(Merge(event));
  return {};
}

Result<void> Mirror::Apply(const Json& change) {
  const Json* event = FindMember(change, "event");
  if (event != nullptr) return Merge(*event);
  // The event no longer exists: its removal follows, unless this is the removal.
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
  if (!parsed) return BrokenUpstream("an id is not 32 hex digits");
  return target_->Remove(*parsed);
}

}  // namespace cuesheet
