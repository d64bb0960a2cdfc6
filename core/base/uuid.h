// Event ids. AYON shows them as 32 lower-case hex digits without hyphens on every channel
// (protocol.md 1.1).
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cuesheet {

struct Entropy {
  std::array<uint8_t, 16> bytes{};  // 128 fresh random bits, from the host
};

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  // Two words each: wasm's memcmp goes byte by byte.
  bool operator==(const Uuid& other) const {
    return std::bit_cast<Words>(bytes) == std::bit_cast<Words>(other.bytes);
  }

  // 32 lower-case hex digits.
  std::string Hex() const;
  void AppendHex(std::string& out) const;
  static constexpr size_t kHexSize = 32;
  // Writes the same and returns the end.
  char* PutHex(char* out) const;
  // 8-4-4-4-12 with hyphens.
  std::string Hyphenated() const;

  // Exactly 32 lower-case hex digits, the only form of a path id (protocol.md 1.4).
  static std::optional<Uuid> Parse(std::string_view text);
  // Hyphens anywhere and upper case allowed, as GraphQL `ids` and filters read them.
  static std::optional<Uuid> ParseLenient(std::string_view text);
  // A version 1 uuid: the clock in the time fields, entropy in clock sequence and node.
  static Uuid FromClock(int64_t now_us, const Entropy& entropy);

  // The clock of a version 1 uuid, in 100 ns since 1970 (before it: negative); none = of another
  // version.
  std::optional<int64_t> Ticks() const;
  // The version 1 uuid of that clock, whose last 8 bytes are those of `tail`.
  static Uuid FromTicks(int64_t ticks, const Uuid& tail);

 private:
  struct Words {
    uint64_t low, high;
    bool operator==(const Words&) const = default;
  };
};

// 32 hex digits to 16 bytes; nullopt for anything else.
std::optional<Entropy> ParseEntropy(std::string_view hex);

}  // namespace cuesheet
