// Little-endian byte records: what the journal writes and reads back.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace cuesheet {

// 64-bit checksum (XXH3) of a run of bytes.
uint64_t Checksum(std::string_view bytes);

// Writes the bytes of an integer to `out`.
template <typename T>
void PutFixed(char* out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xFF);
  }
}

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}
  template <typename T>
  void Fixed(T value) {
    char bytes[sizeof(T)];
    PutFixed(bytes, value);
    out_.append(bytes, sizeof(T));
  }
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  // Length, then bytes.
  void Text(std::string_view text) {
    Varint(text.size());
    out_.append(text);
  }
  void Raw(std::span<const uint8_t> bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

 private:
  std::string& out_;
};

// Reads never run past the end. After the first failure ok() is false and every value is zero, so
// a caller checks once, after the last read.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  size_t remaining() const { return bytes_.size(); }
  template <typename T>
  T Fixed() {
    const std::string_view raw = Take(sizeof(T));
    uint64_t value = 0;
    for (size_t i = 0; i < raw.size(); ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(raw[i])) << (8 * i);
    }
    return static_cast<T>(value);
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = Fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return ok_ ? value : 0;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Text() { return Take(Varint()); }
  std::string_view Take(uint64_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view part = bytes_.substr(0, static_cast<size_t>(size));
    bytes_.remove_prefix(part.size());
    return part;
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace cuesheet
