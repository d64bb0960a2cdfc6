// The authenticated user of a request, with AYON's roles (protocol.md 10.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/result.h"

namespace cuesheet {

struct Caller {
  std::string name;
  bool is_service = false;
  bool is_guest = false;
  bool is_admin = false;              // admin or service, and not guest
  bool is_manager = false;            // manager, admin or service
  std::vector<std::string> projects;  // the keys of data.accessGroups

  // From `{"name","isAdmin","isManager","isService","isGuest","accessGroups":{project: …}}`.
  static Result<Caller> Parse(const Json& json);
  // Text from which Parse makes an equal caller.
  Json ToJson() const;
};

}  // namespace cuesheet
