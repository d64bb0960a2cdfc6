// Writes the lines of one part of an export.
#pragma once

#include <optional>
#include <string>

#include "event/codec.h"
#include "query/event_query.h"
#include "store/answers.h"

namespace cuesheet {

class ExportPartWriter {
 public:
  ExportPartWriter(std::string& out, size_t limit_bytes)
      : out_(out), start_(out.size()), limit_(limit_bytes) {}

  // The event of a row, without its payload when that cannot be read. False when the part is full;
  // nothing is written then. A cursor cannot separate events of one creation order, so they stay
  // together.
  bool Add(const EventTable& table, Row row) {
    const size_t end = out_.size();
    const auto event = table.View(row);
    AppendEvent(out_, event ? *event : table.ViewWithoutPayload(row), EventForm::kExport);
    out_ += '\n';
    return Ends(end, table.creation_order(row), table.id(row),
                event ? std::string() : event.error().message);
  }
  // The same with a line that was written earlier.
  bool Add(std::string_view line, int64_t order, const Uuid& id, const std::string& unreadable) {
    const size_t end = out_.size();
    out_ += line;
    return Ends(end, order, id, unreadable);
  }

  ExportPart& part() { return part_; }
  std::optional<int64_t> last_order() const { return last_; }

 private:
  bool Ends(size_t end, int64_t order, const Uuid& id, const std::string& unreadable) {
    if (last_ && order != *last_ && out_.size() - start_ > limit_) {
      out_.resize(end);
      part_.next = CursorOf(*last_);
      return false;
    }
    if (!unreadable.empty()) {
      ++part_.without_payload;
      const bool is_told = part_.unreadable.size() == kMaxExportProblems;
      if (!is_told) part_.unreadable.push_back({id, unreadable});
    }
    ++part_.events;
    last_ = order;
    return true;
  }

  std::string& out_;
  const size_t start_;
  const size_t limit_;
  ExportPart part_;
  std::optional<int64_t> last_;
};

}  // namespace cuesheet
