// The name of Json, for headers that only pass one on. Code that reads one includes base/json.h.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cuesheet {

using Json = nlohmann::json;

}  // namespace cuesheet
