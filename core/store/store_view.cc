#include "store/store_view.h"

#include <algorithm>
#include <limits>

#include "store/store_state.h"

namespace cuesheet {

StoreView::StoreView(StoreState* state) : table_(&state->table), state_(state) {}

Result<EventView> StoreView::Find(const Uuid& id, bool with_payload) const {
  const Row row = table_->FindById(id);
  if (row == kNoRow) {
    CUE_TRY(CheckLoaded());
    return Fail(ErrorCode::kNotFound, "Event not found");
  }
  if (!with_payload) return table_->ViewWithoutPayload(row);
  return table_->View(row);
}

void StoreView::BeginJudging() const { state_->archive.payload_files().ForgetMissed(); }
Result<void> StoreView::EndJudging() const { return state_->archive.payload_files().CheckMissed(); }
Result<void> StoreView::CheckCold() const { return state_->archive.payload_files().CheckCold(); }

uint64_t StoreView::events() const {
  if (is_loaded()) return table_->size();
  return std::max<uint64_t>(table_->size(), state_->archive.manifest().events());
}

bool StoreView::is_loaded() const { return state_->archive.is_loaded(); }

Result<void> StoreView::CheckLoaded() const {
  if (is_loaded()) return {};
  return Fail(ErrorCode::kLoading, "the store is loading its events: ask again in a moment");
}

int64_t StoreView::loaded_from() const {
  if (!is_loaded() && state_->partial.has_moved()) return std::numeric_limits<int64_t>::max();
  return state_->archive.loaded_from();
}

MemoryReport StoreView::memory(std::optional<Timestamp> now) const {
  return ReportMemory(state_->memory, *table_, now);
}

uint64_t StoreView::sequence() const { return state_->sequence; }
StoreRole StoreView::role() const { return state_->role; }
const std::optional<Scope>& StoreView::scope() const { return state_->scope; }
const ProgressBook& StoreView::progress_book() const { return state_->progress; }
const TopicRegistry& StoreView::topics() const { return state_->topics; }

std::optional<double> StoreView::progress(const Uuid& id) const {
  const Progress* progress = state_->progress.Find(id);
  return progress == nullptr ? std::nullopt : std::optional(progress->value);
}

}  // namespace cuesheet
