// Ledger::Import.
#include "event/event_reader.h"
#include "event/redact.h"
#include "store/ledger.h"
#include "store/store_state.h"

namespace cuesheet {

Result<ImportReport> Ledger::Import(std::string_view ndjson) {
  ImportReport report;
  EventReader reader;
  const auto refuse = [&report](uint64_t line, const std::string& message) {
    ++report.refused;
    if (report.refusals.size() < kMaxImportRefusals) report.refusals.push_back({line, message});
  };
  CUE_TRY(CheckWritable());
  if (state_.imported_bytes > state_.max_pending_bytes) {
    return Fail(ErrorCode::kStorage,
                "storage takes no writes: " + std::to_string(state_.imported_bytes >> 20) +
                    " MiB of imported lines wait to be saved; free some space and try again");
  }
  const size_t size = ndjson.size();
  Change change{.kind = ChangeKind::kImported};
  for (uint64_t number = 1; !ndjson.empty(); ++number) {
    const std::string_view line = ndjson.substr(0, ndjson.find('\n'));
    ndjson.remove_prefix(std::min(line.size() + 1, ndjson.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto event = reader.Read(line);
    if (!event) {
      refuse(number, event.error().message);
    } else if (table_.FindById(event->id) != kNoRow) {
      ++report.known;
    } else if (event->hash && table_.FindByHash(*event->hash) != kNoRow) {
      refuse(number, "hash: another event has the same hash");
    } else {
      const auto clean = RedactedSummary(event->topic, event->summary);
      if (clean) event->summary = *clean;
      if (const auto room = TakeRoom(*event); !room) {
        report.stopped = {number, room.error().message};
        break;
      }
      event->creation_order = state_.next_order++;
      state_.table.Insert(*event);
      state_.topics.Note(event->topic, event->summary);
      state_.archive.Touch(event->creation_order);
      change.imported.push_back(event->id);
    }
  }
  report.events = change.imported_events = change.imported.size();
  if (report.events == 0) return report;
  state_.imported_bytes += size;
  if (report.events > kMaxToldImports) change.imported.clear();
  Record(std::move(change));
  return report;
}

}  // namespace cuesheet
