// Is called with every change of a row while it happens. Code that keeps something up to date
// beside the table (live queries, the enroll frontier) needs the row before and after the change.
// It must not change the table.
#pragma once

#include "table/row_index.h"

namespace cuesheet {

class RowObserver {
 public:
  virtual ~RowObserver() = default;
  // The row still has its old values; it is about to change or to be removed.
  virtual void RowLeaves(Row row) = 0;
  // The row has its new values. Both are also called when the row gets or loses a child.
  virtual void RowEnters(Row row) = 0;
  // The row is the same, but what is shown with it has changed (progress).
  virtual void RowShowsChange(Row /*row*/) {}
};

}  // namespace cuesheet
