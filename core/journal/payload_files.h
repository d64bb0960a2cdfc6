// The payload files of a store: which chunk of its PayloadArena is where (docs/storage.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "journal/env.h"
#include "journal/manifest.h"
#include "table/payload_arena.h"

namespace cuesheet {

struct PayloadFileSizes {
  uint64_t written = 4 << 20;  // the most raw bytes of a file that a checkpoint writes
  uint64_t joined = 64 << 20;  // about the size of the largest file that is made of others
};

class PayloadFiles : public PayloadSource {
 public:
  PayloadFiles(Env* env, PayloadArena* arena, const PayloadFileSizes& sizes = {})
      : env_(env), arena_(arena), sizes_(sizes) {}

  // Takes over the files that a manifest names. Their chunks become cold chunks of the arena.
  void Open(const std::vector<PayloadFile>& files);

  Result<std::string> ReadChunk(uint32_t chunk) override;
  // What ReadChunk has refused since ForgetMissed(): kCold with the names of all files that the
  // host must load first, else the first error. Inline, as a poll for a job asks each time.
  Result<void> CheckMissed() const {
    if (missed_.empty() && !unreadable_) [[likely]]
      return {};
    return FirstRefusal();
  }
  // The same, but only kCold.
  Result<void> CheckCold() const;
  void ForgetMissed() {
    if (!missed_.empty()) missed_.clear();
    unreadable_.reset();
  }

  // Writes chunks of the arena that no file holds to file `number`, from the front of `chunks`, as
  // many as fit; returns how many.
  Result<size_t> Write(uint64_t number, std::span<const uint32_t> chunks);
  // Writes the pieces of several files to file `number`, which replaces them. kCold when one of
  // them must be loaded first.
  Result<void> Join(uint64_t number, const std::vector<uint64_t>& files);
  // Forgets a file whose chunks no row uses any more.
  void Forget(uint64_t number);
  // The chunks of a file leave memory; they must be durable.
  void Freeze(std::span<const uint32_t> chunks);

  std::vector<PayloadFile> List() const;
  // A file with less than half in use and enough to gain by rewriting it; 0 = none.
  uint64_t HalfDead() const;
  // One of them is damaged: they are not joined while the store is open.
  void LeaveAlone(const std::vector<uint64_t>& files) { alone_.insert(files.begin(), files.end()); }
  // Files of about one size to join; empty = none.
  std::vector<uint64_t> Joinable() const;
  std::set<uint32_t> ChunksOf(uint64_t number) const;

 private:
  struct Place {
    uint64_t file = 0;  // 0 = in none
    uint32_t offset = 0;
  };

  void SetPlaces(const PayloadFile& file);

  Result<std::string> ReadPiece(uint32_t chunk) const;
  Result<void> FirstRefusal() const;

  Env* env_;
  PayloadArena* arena_;
  PayloadFileSizes sizes_;
  std::map<uint64_t, PayloadFile> files_;
  std::vector<Place> places_;          // by chunk
  std::map<uint32_t, Error> damaged_;  // by chunk: kCorrupt, found when it was read
  std::set<std::string> missed_;       // files that are cold
  std::optional<Error> unreadable_;
  std::set<uint64_t> alone_;
};

// Reads every chunk of a payload file: kCorrupt when one is damaged.
Result<void> CheckPayloadFile(std::string_view bytes);

}  // namespace cuesheet
