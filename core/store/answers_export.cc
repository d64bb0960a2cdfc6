// Answers::Export.
#include "store/answers.h"

namespace cuesheet {

Result<ExportPart> Answers::Export(std::string& out, std::optional<double> after,
                                   size_t limit_bytes) const {
  CUE_TRY(view_.CheckLoaded());
  ExportPart part;
  OrderRange range;
  if (after) range.after = *after;
  const size_t start = out.size();
  Row last = kNoRow;
  const auto order = [this](Row row) { return table_.creation_order(row); };
  const auto visit = [&](Row row) {
    const size_t end = out.size();
    const auto event = table_.View(row);
    AppendEvent(out, event ? *event : table_.ViewWithoutPayload(row), EventForm::kExport);
    out += '\n';
    // A cursor cannot tell events of one order apart: they stay together.
    if (last != kNoRow && order(row) != order(last) && out.size() - start > limit_bytes) {
      out.resize(end);
      part.next = CursorOf(order(last));
      return false;
    }
    if (!event) {
      ++part.without_payload;
      const bool is_told = part.unreadable.size() == kMaxExportProblems;
      if (!is_told) part.unreadable.push_back({table_.id(row), event.error().message});
    }
    ++part.events;
    last = row;
    return true;
  };
  CUE_TRY(view_.Showing([&] { table_.VisitRange(range, visit); }));
  return part;
}

}  // namespace cuesheet
