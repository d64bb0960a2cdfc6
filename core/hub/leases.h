// The leases that a hub has given: who has which job, and who had it before (docs/jobs.md, Leases).
// When the last lease of a job ends, the hub fails the job by its clock. A worker that has lost its
// lease is refused when it changes the job. AYON's events have no field for any of this, so it is
// kept beside them, in a file of notes; a job that no request with a lease was given for has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "event/change.h"
#include "journal/note_file.h"
#include "store/ledger.h"
#include "store/lifecycle.h"
#include "store/store_view.h"

namespace cuesheet {

// Jobs that a hub knows leases of. Beyond that it forgets a tenth: jobs that are not open first,
// then those whose last update is the oldest. A forgotten one is ended by the next request with a
// lease, and refuses nobody.
inline constexpr size_t kMaxLeases = 10'000;
// Of a job: the workers that lost it last.
inline constexpr size_t kMaxFormerHolders = 16;
inline constexpr size_t kMaxLeaseChanges = 1000;  // of one Tick; the next goes on
// A hub that was not called for longer was stopped, suspended or not running, and workers could not
// reach it. So an update before that counts as one of now, once, but for no longer than the grace.
inline constexpr int64_t kLeaseGapSeconds = 30;
inline constexpr int64_t kLeaseGraceSeconds = 60;
// An update that lies further ahead is one from before the clock was set back.
inline constexpr int64_t kLeaseClockSlackSeconds = 1;
// The file is written anew when it has more than twice the notes that are needed, and this much.
inline constexpr uint64_t kLeaseFileBytes = 64 << 10;

class Leases {
 public:
  // All three outlive it. Make it before the store is opened, and end it after the last commit.
  Leases(const StoreView* store, Ledger* ledger, Lifecycle* files);
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  // Reads the notes, once. kStorage or kState when that is impossible; the next call tries again.
  Result<void> Open();
  // Fails the jobs whose last lease has ended. To be called once a second, or when TakeWake() says.
  void Tick(Timestamp now);
  // When Tick() is due, in ms from 1,000 on; none = at no time, or as the last answer said.
  std::optional<int64_t> TakeWake(Timestamp now);
  // Why this worker may not change the job; none = it may. `sender` is what the update names.
  std::optional<std::string> Refuse(const Uuid& job, std::string_view sender);

  // An enroll has given the job to a worker, for `seconds`; 0 = without a lease.
  void Given(const Uuid& job, std::string_view sender, std::string_view user, int64_t seconds,
             int64_t max_retries, Timestamp now);
  // Somebody has updated it; `before` is the status that it had.
  void Updated(const Uuid& job, std::optional<std::string_view> sender, std::string_view user,
               EventStatus before);
  // The job was failed by an enroll, because it was abandoned.
  void Abandoned(const Uuid& job);
  // Call this with every change of the store, in order.
  void Note(const Change& change);

  size_t size() const { return leases_.size(); }
  // Whether the notes of all this are durable.
  bool is_saved() const { return file_.is_saved(); }

 private:
  struct Lease {
    int64_t seconds = 0;
    int64_t max_retries = 0;
    std::optional<uint64_t> holder{};  // checksums of names, which may be long
    uint64_t user = 0;                 // of the holder
    std::vector<uint64_t> former{};    // the latest last
    int64_t spared_until = 0;          // us; not 0: the grace for a hub that was away was given
  };
  using ById = std::map<Uuid, Lease>;

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  // What Tick() does with one lease; false = it is needed no more.
  bool Visit(const Uuid& job, Lease& lease, Row row, Timestamp now);
  bool End(const Uuid& job, Lease& lease, Timestamp now);
  void Lose(Lease& lease);
  void MakeRoom();
  void Rewrite();
  // The note of a lease, or that there is none any more.
  void Write(const Uuid& job, const Lease* lease);
  static std::string NoteOf(const Uuid& job, const Lease* lease);
  void TakeNote(const Json& note);
  void DueAt(int64_t us) { due_ = us < due_ ? us : due_; }

  const StoreView* store_;
  Ledger* ledger_;
  NoteFile file_;
  bool is_open_ = false;
  ById leases_;
  int64_t due_ = std::numeric_limits<int64_t>::min();  // us; nothing ends before
  std::optional<Timestamp> last_tick_;
  int64_t back_at_ = 0;  // us; since when the hub is called again without a gap
  size_t changes_ = 0;   // of this Tick
  uint64_t rewritten_bytes_ = 0;
  int64_t announced_ = std::numeric_limits<int64_t>::min();
};

}  // namespace cuesheet
