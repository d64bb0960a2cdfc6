#include "store/exports.h"

#include <algorithm>
#include <utility>

#include "store/export_part.h"

namespace cuesheet {

Result<uint32_t> Exports::Begin(Timestamp now) {
  CUE_TRY(view_.CheckLoaded());
  std::erase_if(running_, [now](const Running& running) {
    return now.us - running.used.us > kMaxExportIdleUs;
  });
  if (running_.size() == kMaxExports) {
    return Fail(ErrorCode::kState,
                std::to_string(kMaxExports) + " exports are running: try again when one has ended");
  }
  running_.push_back({.number = ++last_number_, .until = table_.MaxCreationOrder(), .used = now});
  return last_number_;
}

Result<Exports::Part> Exports::Next(uint32_t number, std::string& out, size_t limit_bytes,
                                    Timestamp now) {
  const auto running = std::ranges::find(running_, number, &Running::number);
  if (running == running_.end()) {
    return Fail(ErrorCode::kNotFound, "the export has ended: begin a new one");
  }
  if (running->has_given_up) {
    End(number);
    return Fail(ErrorCode::kTooLarge, "more than " + std::to_string(kMaxExportSavedBytes >> 20) +
                                          " MiB of events changed while they were exported: try "
                                          "again when less changes");
  }
  running->used = now;
  ExportPartWriter part(out, limit_bytes);
  auto old = running->saved.begin();
  bool is_full = false;
  // What was kept of events before `order`, which may be gone.
  const auto add_saved = [&](int64_t order) {
    for (; !is_full && old != running->saved.end() && old->first.first < order; ++old) {
      const auto& [key, event] = *old;
      is_full =
          !event.line.empty() && !part.Add(event.line, key.first, key.second, event.unreadable);
    }
    return !is_full;
  };
  const auto visit = [&](Row row) {
    const int64_t order = table_.creation_order(row);
    if (!add_saved(order)) return false;
    if (running->saved.contains({order, table_.id(row)})) return true;
    is_full = !part.Add(table_, row);
    return !is_full;
  };
  const OrderRange range{.after = static_cast<double>(running->after),
                         .before = static_cast<double>(running->until) + 1};
  CUE_TRY(view_.Showing([&] {
    table_.VisitRange(range, visit);
    add_saved(running->until + 1);
  }));
  running->events += part.part().events;
  running->without_payload += part.part().without_payload;
  const Part shown{!is_full, running->events, running->without_payload};
  if (!is_full) {
    End(number);
    return shown;
  }
  running->after = *part.last_order();
  while (!running->saved.empty() && running->saved.begin()->first.first <= running->after) {
    running->saved_bytes -= SizeOf(running->saved.begin()->second);
    running->saved.erase(running->saved.begin());
  }
  return shown;
}

void Exports::End(uint32_t number) {
  std::erase_if(running_, [number](const Running& running) { return running.number == number; });
}

void Exports::RowLeaves(Row row) {
  Save(row, [this, row] {
    Saved event;
    ExportPartWriter part(event.line, SIZE_MAX);
    part.Add(table_, row);
    if (!part.part().unreadable.empty()) event.unreadable = part.part().unreadable.front().why;
    return event;
  });
}

// A row that did not leave before it entered is new.
void Exports::RowEnters(Row row) {
  Save(row, [] { return Saved{}; });
}

template <typename Make>
void Exports::Save(Row row, Make make) {
  if (running_.empty()) return;
  const std::pair key(table_.creation_order(row), table_.id(row));
  for (Running& running : running_) {
    if (!running.Awaits(key.first) || running.saved.contains(key)) continue;
    const Saved& event = running.saved.emplace(key, make()).first->second;
    running.saved_bytes += SizeOf(event);
    if (running.saved_bytes <= kMaxExportSavedBytes) continue;
    running.has_given_up = true;
    running.saved.clear();
  }
}

}  // namespace cuesheet
