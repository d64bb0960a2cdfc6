#include "base/uuid.h"

#include <algorithm>
#include <cstring>

namespace cuesheet {
namespace {

constexpr uint64_t kGregorianToUnix = 0x01B21DD213814000;  // 100 ns

// A byte for each of the eight digits of four bytes, all at once.
uint64_t HexDigits(const uint8_t* bytes) {
  constexpr uint64_t kEach = 0x0101010101010101;
  uint64_t digits = 0;
  for (size_t i = 0; i < 4; ++i) {
    digits |= uint64_t{bytes[i]} >> 4 << (16 * i) | uint64_t{bytes[i]} % 16 << (16 * i + 8);
  }
  const uint64_t are_letters = (digits + 6 * kEach) >> 4 & kEach;
  return digits + '0' * kEach + are_letters * ('a' - '0' - 10);
}

constexpr uint8_t kNoDigit = 0xFF;

constexpr auto kHexValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (uint8_t i = 10; i < 16; ++i) values['a' + i - 10] = values['A' + i - 10] = i;
  return values;
}();

bool ReadHex(std::string_view text, std::array<uint8_t, 16>& out) {
  if (text.size() != 32) return false;
  // No branch for each digit: kNoDigit sets high bits that no digit has, and they are tested once.
  uint8_t all = 0;
#pragma GCC unroll 2  // all 16 take a kilobyte
  for (size_t i = 0; i < 16; ++i) {
    const uint8_t high = kHexValues[static_cast<uint8_t>(text[2 * i])];
    const uint8_t low = kHexValues[static_cast<uint8_t>(text[2 * i + 1])];
    all |= high | low;
    out[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return all < 16;
}

}  // namespace

std::string Uuid::Hex() const {
  std::string text;
  AppendHex(text);
  return text;
}

void Uuid::AppendHex(std::string& out) const {
  const size_t start = out.size();
  out.resize(start + kHexSize);
  PutHex(out.data() + start);
}

char* Uuid::PutHex(char* out) const {
  static_assert(std::endian::native == std::endian::little);
  for (size_t i = 0; i < bytes.size(); i += 4) {
    const uint64_t digits = HexDigits(bytes.data() + i);
    std::memcpy(out, &digits, sizeof(digits));
    out += sizeof(digits);
  }
  return out;
}

std::string Uuid::Hyphenated() const {
  std::string text = Hex();
  for (const size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  Uuid id;
  if (text.size() != 32 || !ReadHex(text, id.bytes)) return std::nullopt;
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'F'; };
  if (std::ranges::any_of(text, is_upper)) return std::nullopt;
  return id;
}

std::optional<Uuid> Uuid::ParseLenient(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '-') digits += c;
  }
  Uuid id;
  if (!ReadHex(digits, id.bytes)) return std::nullopt;
  return id;
}

Uuid Uuid::FromClock(int64_t now_us, const Entropy& entropy) {
  // RFC 9562: 14 bits of clock sequence, 48 bits of node with the multicast bit set because it is
  // random.
  Uuid id = FromTicks(static_cast<int64_t>(static_cast<uint64_t>(now_us) * 10), {entropy.bytes});
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  id.bytes[10] = static_cast<uint8_t>(id.bytes[10] | 0x01);
  return id;
}

// RFC 9562: 60 bits of 100 ns since 1582-10-15, from low to high, and the version.
Uuid Uuid::FromTicks(int64_t ticks, const Uuid& tail) {
  const uint64_t clock = static_cast<uint64_t>(ticks) + kGregorianToUnix;
  Uuid id = tail;
  const auto put = [&id](size_t at, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      id.bytes[at + i] = static_cast<uint8_t>(value >> (8 * (count - 1 - i)));
    }
  };
  put(0, clock & 0xFFFFFFFF, 4);
  put(4, (clock >> 32) & 0xFFFF, 2);
  put(6, ((clock >> 48) & 0x0FFF) | 0x1000, 2);
  return id;
}

std::optional<int64_t> Uuid::Ticks() const {
  if (bytes[6] >> 4 != 1) return std::nullopt;
  uint64_t clock = 0;
  for (const size_t at : {6U, 7U, 4U, 5U, 0U, 1U, 2U, 3U}) clock = clock << 8 | bytes[at];
  return static_cast<int64_t>((clock & 0x0FFF'FFFF'FFFF'FFFF) - kGregorianToUnix);
}

std::optional<Entropy> ParseEntropy(std::string_view hex) {
  Entropy entropy;
  if (!ReadHex(hex, entropy.bytes)) return std::nullopt;
  return entropy;
}

}  // namespace cuesheet
