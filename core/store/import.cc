// EventStore::Import.
#include "event/event_reader.h"
#include "event/redact.h"
#include "store/event_store.h"

namespace cuesheet {

Result<ImportReport> EventStore::Import(std::string_view ndjson) {
  ImportReport report;
  EventReader reader;
  const auto refuse = [&report](uint64_t line, const std::string& message) {
    ++report.refused;
    if (report.refusals.size() < kMaxImportRefusals) report.refusals.push_back({line, message});
  };
  if (imported_bytes_ > kMaxPendingBytes) {
    return Fail(ErrorCode::kStorage,
                "storage takes no writes: " + std::to_string(imported_bytes_ >> 20) +
                    " MiB of imported lines wait to be saved; free some space and try again");
  }
  const size_t size = ndjson.size();
  for (uint64_t number = 1; !ndjson.empty(); ++number) {
    const std::string_view line = ndjson.substr(0, ndjson.find('\n'));
    ndjson.remove_prefix(std::min(line.size() + 1, ndjson.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    CUE_TRY(CheckWritable());
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
      event->creation_order = next_order_++;
      table_.Insert(*event);
      topics_.Note(event->topic, event->summary);
      archive_.Touch(event->creation_order);
      ++sequence_;
      ++report.events;
    }
  }
  if (report.events > 0) imported_bytes_ += size;
  return report;
}

}  // namespace cuesheet
