// Points in time: microseconds since 1970 UTC. They come from the host or from a server; the core
// reads no clock. Written as ISO 8601 with `+00:00`, without a fraction when it is zero
// (protocol.md 1.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cuesheet {

struct Timestamp {
  int64_t us = 0;

  auto operator<=>(const Timestamp&) const = default;

  // Within the years 1 to 9999: what Iso() can write and ParseIso() reads.
  bool IsValid() const;
  std::string Iso() const;
  static constexpr size_t kMaxIsoSize = 32;
  // Writes the same and returns the end.
  char* PutIso(char* out) const;
  // `YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]]][Z|±HH[:MM[:SS]]]`; a time without offset is UTC.
  static std::optional<Timestamp> ParseIso(std::string_view text);
};

}  // namespace cuesheet
