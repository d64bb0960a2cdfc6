// Told of every change of a row while it happens: what is kept up to date beside the table (live
// queries, the enroll frontier) needs the row as it was and as it is. It must not change the table.
#pragma once

#include "table/row_index.h"

namespace cuesheet {

class RowObserver {
 public:
  virtual ~RowObserver() = default;
  // The row still has its old values; it changes or goes now.
  virtual void RowLeaves(Row row) = 0;
  // The row has its new values. A row is also told of when it gets or loses a child.
  virtual void RowEnters(Row row) = 0;
  // The row is as it was, but what is shown with it has changed (progress).
  virtual void RowShowsChange(Row /*row*/) {}
};

}  // namespace cuesheet
