// Answers::Export.
#include "store/answers.h"
#include "store/export_part.h"

namespace cuesheet {

Result<ExportPart> Answers::Export(std::string& out, std::optional<double> after,
                                   size_t limit_bytes) const {
  CUE_TRY(view_.CheckLoaded());
  OrderRange range;
  if (after) range.after = *after;
  ExportPartWriter part(out, limit_bytes);
  CUE_TRY(view_.Showing(
      [&] { table_.VisitRange(range, [&](Row row) { return part.Add(table_, row); }); }));
  return std::move(part.part());
}

}  // namespace cuesheet
