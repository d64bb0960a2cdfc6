// What the hub that writes a snapshot by column and the replica that reads it agree on, besides the
// names of the fields (hub/snapshot_columns.h says what the columns hold).
#pragma once

#include <cstddef>
#include <string_view>

namespace cuesheet {

// How many hex digits of an id are in the string `idTail`; the digits before them are in `idHead`.
inline constexpr size_t kIdTailDigits = 16;

inline constexpr std::string_view kIdHeadColumn = "idHead";
inline constexpr std::string_view kIdTailColumn = "idTail";
inline constexpr std::string_view kCreatedColumn = "createdUs";
inline constexpr std::string_view kUpdatedColumn = "updatedUs";
inline constexpr std::string_view kOrderColumn = "order";

}  // namespace cuesheet
