#include "frame.h"

#include "base/json.h"

namespace cuesheet {
namespace {

std::unexpected<Error> Missing(std::string_view name, std::string_view wanted) {
  return Fail(ErrorCode::kInvalid, std::string(name) + ": expected " + std::string(wanted));
}

}  // namespace

Result<Frame> Frame::Parse(std::string_view bytes) {
  const size_t cut = bytes.find('\n');
  Frame frame;
  CUE_ASSIGN(frame.header, ParseJson(bytes.substr(0, cut)));
  if (!frame.header.is_object()) return Missing("header", "a JSON object");
  if (cut != std::string_view::npos) frame.body = bytes.substr(cut + 1);
  return frame;
}

Result<Timestamp> Frame::Now() const {
  const Json* now = FindMember(header, "now");
  const bool is_number = now != nullptr && now->is_number_integer();
  const Timestamp time{is_number ? now->get<int64_t>() : 0};
  if (!is_number || !time.IsValid()) return Missing("now", "microseconds since 1970");
  return time;
}

Result<Entropy> Frame::TakeEntropy() const {
  const auto hex = OptionalText("entropy");
  const auto entropy = hex ? ParseEntropy(*hex) : std::nullopt;
  if (!entropy) return Missing("entropy", "32 hex digits");
  return *entropy;
}

Result<std::string> Frame::Text(std::string_view name) const {
  const auto text = OptionalText(name);
  if (!text) return Missing(name, "a string");
  return *text;
}

std::optional<std::string> Frame::OptionalText(std::string_view name) const {
  const Json* value = FindMember(header, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

Result<uint64_t> Frame::Number(std::string_view name) const {
  const Json* value = FindMember(header, name);
  if (value == nullptr || !value->is_number_unsigned()) {
    return Missing(name, "a whole number, 0 or more");
  }
  return value->get<uint64_t>();
}

std::string HeaderFrame(const Json& header) { return CanonicalText(header); }

std::string ErrorFrame(const Error& error) {
  return HeaderFrame(
      {{"error", {{"code", ErrorCodeName(error.code)}, {"message", error.message}}}});
}

}  // namespace cuesheet
