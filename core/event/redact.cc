#include "event/redact.h"

#include "base/json.h"

namespace cuesheet {

std::optional<std::string> RedactedSummary(std::string_view topic, std::string_view summary) {
  constexpr std::string_view kToken = "token";
  if (topic != "auth.logout" || !MemberText(summary, kToken)) return std::nullopt;
  Json object = ParseStoredJson(summary);
  object.erase(kToken);
  return CanonicalText(object);
}

}  // namespace cuesheet
