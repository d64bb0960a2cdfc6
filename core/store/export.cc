// EventStore::Export.
#include "event/codec.h"
#include "store/event_store.h"

namespace cuesheet {

Result<ExportPart> EventStore::Export(std::string& out, std::optional<double> after,
                                      size_t limit_bytes) const {
  CUE_TRY(CheckLoaded());
  archive_.payload_files().ForgetMissed();
  ExportPart part;
  OrderRange range;
  if (after) range.after = *after;
  const size_t start = out.size();
  Row last = kNoRow;
  const auto order = [this](Row row) { return table_.creation_order(row); };
  table_.VisitRange(range, [&](Row row) {
    const size_t end = out.size();
    AppendEvent(out, table_.View(row), EventForm::kExport);
    out += '\n';
    // A cursor cannot tell events of one order apart: they stay together.
    if (last != kNoRow && order(row) != order(last) && out.size() - start > limit_bytes) {
      out.resize(end);
      part.next = CursorOf(order(last));
      return false;
    }
    ++part.events;
    last = row;
    return true;
  });
  CUE_TRY(archive_.payload_files().CheckMissed());
  return part;
}

}  // namespace cuesheet
