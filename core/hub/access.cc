#include "hub/access.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace cuesheet {
namespace {

// Parentless jobs whose status a manager may set (protocol.md 4.1).
constexpr std::array<std::string_view, 3> kInstallTopics = {
    "installer.install_from_url", "dependency_package.install_from_url", "addon.install_from_url"};

bool MaySetStatus(const Caller& caller, const EventView& event) {
  if (event.topic == "action.launcher") return caller.is_admin || event.user == caller.name;
  if (caller.is_service) return true;
  return event.depends_on.has_value() ||
         std::ranges::find(kInstallTopics, event.topic) != kInstallTopics.end();
}

}  // namespace

Refusal RefuseDispatch(const Caller& caller) {
  if (caller.is_manager) return std::nullopt;
  return "Not allowed to update this event";
}

Refusal RefuseUpdate(const Caller& caller, const EventView& event, const UpdateRequest& request) {
  const bool sets_status = request.status && *request.status != event.status;
  if (sets_status && !MaySetStatus(caller, event)) {
    return "Not allowed to update status of this event";
  }
  if (caller.is_manager) return std::nullopt;
  if (event.user != caller.name) return "Not allowed to update this event";
  if (request.user && *request.user != caller.name) {
    return "Not allowed to change user of this event";
  }
  return std::nullopt;
}

Refusal RefuseRemove(const Caller& caller) {
  if (caller.is_admin) return std::nullopt;
  return "Not allowed to delete events";
}

Refusal RefuseEventOps(const Caller& caller) {
  if (caller.is_admin) return std::nullopt;
  return "Only admins can perform event operations";
}

Refusal RefuseQuery(const Caller& caller) {
  if (caller.is_admin) return std::nullopt;
  return "Only admins can use this endpoint";
}

Refusal RefuseEnroll(const Caller& caller) {
  if (caller.is_service) return std::nullopt;
  return "Only services can enroll for jobs";
}

Refusal RefuseRead(const Caller& caller, const EventView& event) {
  if (caller.is_manager || !event.project) return std::nullopt;
  const bool member = std::ranges::any_of(caller.projects, [&event](const std::string& project) {
    return EqualIgnoringCase(project, *event.project);
  });
  if (member) return std::nullopt;
  return "No access group assigned on this project";
}

bool NarrowQuery(const Caller& caller, EventQuery& query) {
  if (caller.is_guest) return false;
  if (!caller.is_manager && !query.ids) query.users = {caller.name};
  return true;
}

}  // namespace cuesheet
