// Frames are the messages of the border: a JSON header, then a newline and a body (docs/border.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "base/uuid.h"

namespace cuesheet {

// A request: header and body of a frame.
struct Frame {
  Json header;
  std::string_view body;

  static Result<Frame> Parse(std::string_view bytes);
  // Readers of the header; kInvalid names the member.
  Result<Timestamp> Now() const;
  Result<Entropy> TakeEntropy() const;
  Result<std::string> Text(std::string_view name) const;
  std::optional<std::string> OptionalText(std::string_view name) const;
  Result<uint64_t> Number(std::string_view name) const;
};

// The frame of an answer without a body, and that of a refusal.
std::string HeaderFrame(const Json& header);
std::string ErrorFrame(const Error& error);

}  // namespace cuesheet
