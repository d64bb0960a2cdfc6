// Writes a flat JSON object through a bare pointer into room that was reserved once: a page of rows
// is mostly copying, and growing a string byte by byte costs more than the bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "base/result.h"

namespace cuesheet {

class JsonWriter {
 public:
  // `at` has room for the whole object.
  explicit JsonWriter(char* at) : start_(at), at_(at) {}

  // `,"key":`; the first comma becomes the opening brace. `key` needs no escapes. Its size is known
  // when this is compiled, so that copying it is a few moves.
  template <size_t size>
  JsonWriter& Key(std::string_view key) {
    char* at = at_;  // a char could be a part of at_ itself, as far as a compiler knows
    *at++ = ',';
    *at++ = '"';
    std::memcpy(at, key.data(), size);
    at += size;
    *at++ = '"';
    *at++ = ':';
    at_ = at;
    return *this;
  }
  template <size_t size>
  JsonWriter& Key(const char (&key)[size]) {
    return Key<size - 1>(std::string_view(key, size - 1));
  }
  // The next value of an array: `,`, the first of which becomes the opening bracket.
  JsonWriter& Cell() {
    *at_++ = ',';
    return *this;
  }
  void Raw(std::string_view json) {
    std::memcpy(at_, json.data(), json.size());
    at_ += json.size();
  }
  void Null() { Raw("null"); }
  // A value that needs room for JsonStringBound(text.size()).
  void Text(std::string_view text) { at_ = PutJsonString(at_, text); }
  // A value that put(char*) writes; it returns the end.
  template <typename Put>
  void Written(Put put) {
    at_ = put(at_);
  }
  // A value between quotes that needs no escapes.
  template <typename Put>
  void Quoted(Put put) {
    *at_++ = '"';
    Written(put);
    *at_++ = '"';
  }
  // Where the next byte goes: the end of a value that is written alone.
  char* at() const { return at_; }
  // Returns the end of the object, which has at least one member.
  char* End() { return EndWith('{', '}'); }
  // Returns the end of the array, which has at least one cell.
  char* EndArray() { return EndWith('[', ']'); }

 private:
  char* EndWith(char open, char close) {
    *start_ = open;
    *at_++ = close;
    return at_;
  }

  char* start_;
  char* at_;
};

// Appends what write(char*) writes, at most `bound` bytes; it returns the end.
template <typename Write>
void AppendWritten(std::string& out, size_t bound, Write write) {
  const size_t start = out.size();
  out.resize_and_overwrite(start + bound, [&](char* data, size_t) {
    const auto size = static_cast<size_t>(write(data + start) - data);
    CUE_ASSERT(size <= start + bound);
    return size;
  });
}

}  // namespace cuesheet
