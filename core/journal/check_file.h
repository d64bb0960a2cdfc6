// Whether a file is as a store writes it, whichever kind its name says.
#pragma once

#include <string_view>

#include "base/result.h"

namespace cuesheet {

// Whether the name is one of those that a store gives.
bool IsStoreFile(std::string_view name);

// Reads everything in the bytes of such a file. kCorrupt, kState for one of a newer version.
Result<void> CheckFile(std::string_view name, std::string_view bytes);

}  // namespace cuesheet
