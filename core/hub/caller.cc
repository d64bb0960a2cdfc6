#include "hub/caller.h"

#include "base/json.h"

namespace cuesheet {
namespace {

bool Flag(const Json& json, std::string_view name) {
  const Json* value = FindMember(json, name);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

}  // namespace

Result<Caller> Caller::Parse(const Json& json) {
  const Json* name = FindMember(json, "name");
  if (name == nullptr || !name->is_string()) {
    return Fail(ErrorCode::kInvalid, "caller: expected an object with a name");
  }
  Caller caller;
  caller.name = name->get<std::string>();
  caller.is_service = Flag(json, "isService");
  caller.is_guest = Flag(json, "isGuest");
  caller.is_admin = (Flag(json, "isAdmin") || caller.is_service) && !caller.is_guest;
  caller.is_manager = Flag(json, "isManager") || caller.is_admin || caller.is_service;
  if (const Json* groups = FindMember(json, "accessGroups"); groups && groups->is_object()) {
    for (const auto& [project, roles] : groups->items()) caller.projects.push_back(project);
  }
  return caller;
}

Json Caller::ToJson() const {
  Json groups = Json::object();
  for (const std::string& project : projects) groups[project] = Json::array();
  return {{"name", name},        {"isService", is_service}, {"isGuest", is_guest},
          {"isAdmin", is_admin}, {"isManager", is_manager}, {"accessGroups", std::move(groups)}};
}

}  // namespace cuesheet
