// Exports of a store that goes on changing: each shows the events as they were when it began.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "store/answers.h"
#include "store/store_view.h"
#include "table/row_observer.h"

namespace cuesheet {

inline constexpr size_t kMaxExports = 2;                  // at the same time
inline constexpr size_t kMaxExportSavedBytes = 64 << 20;  // of each
inline constexpr int64_t kMaxExportIdleUs = 60'000'000;   // then another may take its place

// An export copies nothing when it begins. When an event changes that it has not shown yet, it
// keeps the old one until then.
class Exports : public RowObserver {
 public:
  explicit Exports(const StoreView& view) : view_(view), table_(view.table()) {}
  Exports(const Exports&) = delete;
  Exports& operator=(const Exports&) = delete;

  struct Part {
    bool is_last;
    uint64_t events;           // in this part and all before it
    uint64_t without_payload;  // how many of them, because it cannot be read
  };

  // Returns the number of a new export of the events that are there now. kLoading; kState while
  // kMaxExports others run.
  Result<uint32_t> Begin(Timestamp now);
  // Appends the next lines, as Answers::Export() does; after the last part the export has ended.
  // kNotFound when it has ended already; kTooLarge when it has given up, because more than
  // kMaxExportSavedBytes of its events changed.
  Result<Part> Next(uint32_t number, std::string& out, size_t limit_bytes, Timestamp now);
  // Nobody reads it any more.
  void End(uint32_t number);

  void RowLeaves(Row row) override;
  void RowEnters(Row row) override;

 private:
  // An event as it was; without a line it was not there.
  struct Saved {
    std::string line;
    std::string unreadable;  // why the line has no payload
  };
  struct Running {
    uint32_t number;
    int64_t until;              // the newest creation order that it shows
    int64_t after = INT64_MIN;  // it has shown these
    Timestamp used;
    std::map<std::pair<int64_t, Uuid>, Saved> saved{};  // of the others, by creation order
    size_t saved_bytes = 0;
    uint64_t events = 0;  // that it has shown
    uint64_t without_payload = 0;
    bool has_given_up = false;
    bool Awaits(int64_t order) const { return order > after && order <= until && !has_given_up; }
  };

  // Keeps what `make` returns for each export that awaits the event and has not kept it yet.
  template <typename Make>
  void Save(Row row, Make make);
  // With the node of the map, roughly.
  static size_t SizeOf(const Saved& event) {
    return event.line.size() + event.unreadable.size() + sizeof(Saved) + 64;
  }

  const StoreView& view_;
  const EventTable& table_;
  std::vector<Running> running_;  // few
  uint32_t last_number_ = 0;
};

}  // namespace cuesheet
