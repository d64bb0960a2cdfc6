#include "hub/operations.h"

namespace cuesheet {

Result<HubOperation> ParseHubOperation(std::string_view name) {
  for (const HubOperationInfo& info : kHubOperations) {
    if (info.name == name) return info.operation;
  }
  return Fail(ErrorCode::kInvalid, "operation: a hub has no operation '" + std::string(name) + "'");
}

std::string PathOf(HubOperation operation, std::string_view id) {
  const HubOperationInfo& info = InfoOf(operation);
  if (!info.has_id()) return std::string(info.path);
  return std::string(info.path.substr(0, info.path.find('{'))) + std::string(id);
}

}  // namespace cuesheet
