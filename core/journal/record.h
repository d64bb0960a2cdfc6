// One change as journal bytes (docs/storage.md):
//   u32 size of body | u64 checksum of body | body
//   body = varint sequence | u8 kind | 16 bytes id | [replaced: 16 bytes previous id]
//          | varint field bits | the fields in the order of their bits
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "event/change.h"

namespace cuesheet {

inline constexpr size_t kRecordHeadSize = 12;
// Of a body: three texts and six names of an event (kMaxTextBytes, kMaxNameBytes), and the rest.
inline constexpr uint32_t kMaxRecordSize = 20 << 20;

// Appends the record of a change that has a sequence of its own (not kTransient); returns its
// checksum.
uint64_t AppendRecord(std::string& out, const Change& change);

// The change in a body whose checksum was right; kCorrupt when its values make no sense.
Result<Change> ParseRecordBody(std::string_view body);

// The body of the first record of `bytes`; kCorrupt when it is cut short or its checksum is wrong.
Result<std::string_view> FirstRecordBody(std::string_view bytes);

}  // namespace cuesheet
