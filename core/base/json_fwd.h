// The name of Json, for headers that hand one on. Who looks into one includes base/json.h.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cuesheet {

using Json = nlohmann::json;

}  // namespace cuesheet
