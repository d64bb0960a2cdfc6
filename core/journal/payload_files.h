// The payload files of a store: which chunk of its PayloadArena is where (docs/storage.md).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "journal/env.h"
#include "journal/manifest.h"
#include "table/payload_arena.h"

namespace cuesheet {

class PayloadFiles : public PayloadSource {
 public:
  // A file holds at most so many raw bytes when it is written by a checkpoint.
  static constexpr uint64_t kMaxFileBytes = 4 << 20;

  PayloadFiles(Env* env, PayloadArena* arena) : env_(env), arena_(arena) {}

  // Takes over the files that a manifest names. Their chunks become cold chunks of the arena.
  void Open(const std::vector<PayloadFile>& files);

  std::optional<std::string> ReadChunk(uint32_t chunk) override;
  // kCold, with the names of the files, when ReadChunk met some since ForgetMissed() that the host
  // must load first.
  Result<void> CheckMissed() const {
    if (missed_.empty()) return {};
    return Fail(ErrorCode::kCold, NamesOfMissed());
  }
  void ForgetMissed() { missed_.clear(); }

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
  std::string NamesOfMissed() const;
  struct Place {
    uint64_t file = 0;  // 0 = in none
    uint32_t offset = 0;
  };

  void SetPlaces(const PayloadFile& file);

  Result<std::string> ReadPiece(uint64_t file, uint32_t offset) const;

  Env* env_;
  PayloadArena* arena_;
  std::map<uint64_t, PayloadFile> files_;
  std::vector<Place> places_;  // by chunk
  std::set<std::string> missed_;
  std::set<uint64_t> alone_;
};

// Reads every chunk of a payload file: kCorrupt when one is damaged.
Result<void> CheckPayloadFile(std::string_view bytes);

}  // namespace cuesheet
