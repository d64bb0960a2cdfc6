// Segments, manifests, blocks and payload files begin with eight characters. The last one is the
// version of the format.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace cuesheet {

// Why a file of a newer format is refused.
inline std::string NewerFormatText(std::string_view format, std::string_view known) {
  return "the file has format " + std::string(format) + ", this version reads up to " +
         std::string(known) + ": open it with the newer version; nothing was changed";
}

// kState for a file of a newer format, which this version must not change; kCorrupt for any other
// file that does not begin with `magic`.
inline Result<void> CheckFileHead(std::string_view bytes, std::string_view magic) {
  if (bytes.starts_with(magic)) return {};
  const size_t version = magic.size() - 1;
  const bool is_newer = bytes.size() > version && bytes.starts_with(magic.substr(0, version)) &&
                        bytes[version] > magic[version] && bytes[version] <= '9';
  if (!is_newer) return Fail(ErrorCode::kCorrupt, "not a file of this format");
  return Fail(ErrorCode::kState, NewerFormatText(bytes.substr(version, 1), magic.substr(version)));
}

}  // namespace cuesheet
