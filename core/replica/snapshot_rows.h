// The rows of a part of a snapshot in columns (hub/snapshot_columns.h), read from the text:
// a tree of JSON values for each of a million events would cost more than everything else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/event_reader.h"
#include "event/snapshot_form.h"

namespace cuesheet {

class SnapshotRows {
 public:
  // `columns` is the canonical text (base/json.h) of an object; it must outlive the rows. kInvalid:
  // ids, times or orders are missing, or the columns are not of one length.
  static Result<SnapshotRows> Of(std::string_view columns);

  size_t left() const { return id_tails_.size() / kIdTailDigits; }
  // The next row, with any creation order; at least one must be left. The view is valid until the
  // next call. kInvalid names the member.
  Result<EventView> Next();

 private:
  struct Column {
    std::string_view name;
    std::vector<std::string_view> values;
  };

  Column& Place(std::string_view name);
  Result<Uuid> Id() const;

  std::string_view id_tails_;  // of the remaining rows
  Column id_heads_, created_us_, updated_us_, orders_;
  std::vector<Column> columns_;  // the others
  size_t row_ = 0;
  Timestamp created_{};
  int64_t order_ = 0;
  EventReader reader_;
};

}  // namespace cuesheet
