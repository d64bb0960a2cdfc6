#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace cuesheet {

void FailAssertion(const char* place) {
  std::fputs(place, stderr);
  std::fputs(": assertion failed\n", stderr);
  std::abort();
}

const char* ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kBadValue:
      return "bad_value";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kStorage:
      return "storage";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kState:
      return "state";
    case ErrorCode::kCold:
      return "cold";
    case ErrorCode::kLoading:
      return "loading";
    case ErrorCode::kQuota:
      return "quota";
  }
  return "invalid";
}

}  // namespace cuesheet
