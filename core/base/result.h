// Result<T> is a value or an Error that a user can act on. CUE_ASSERT is for states that cannot
// occur; errors are for what can occur (input, disk, network).
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace cuesheet {

// Prints that the assertion at this place failed, and ends the program.
[[noreturn]] void FailAssertion(const char* place);

enum class ErrorCode {
  kInvalid,    // the request is not well-formed or breaks a rule of its own
  kBadValue,   // well-formed, but not a value of its kind (a time, an id)
  kNotFound,   // no such event
  kConflict,   // the stored state refuses it (taken hash, living children)
  kForbidden,  // the caller has no right to do this
  kTooLarge,   // a documented limit is exceeded
  kStorage,    // the host could not read or write a file
  kCorrupt,    // a file holds something that was never written
  kState,      // not now: the store is not open, a commit is running
  kCold,       // the host must load the files first; the message is their names, one a line
  kLoading,    // the answer needs events that are not loaded yet
  kQuota,      // there is no room for it in memory
};

// Stable name of a code on the border ("invalid", "not_found", ...; docs/border.md).
const char* ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;  // what, where and what to do, in one sentence
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace cuesheet

#define CUE_TEXT_(line) #line
#define CUE_TEXT(line) CUE_TEXT_(line)
// Stays on in production: a broken invariant must not reach the disk. File and line say which; the
// text of the conditions would take a kilobyte of a page's module.
#define CUE_ASSERT(condition)                                          \
  do {                                                                 \
    if (!(condition)) [[unlikely]] {                                   \
      ::cuesheet::FailAssertion(__FILE_NAME__ ":" CUE_TEXT(__LINE__)); \
    }                                                                  \
  } while (false)

#define CUE_CONCAT_(a, b) a##b
#define CUE_CONCAT(a, b) CUE_CONCAT_(a, b)
// CUE_TRY(expression): returns the error of a failed Result.
#define CUE_TRY(expression)                                                      \
  do {                                                                           \
    auto CUE_CONCAT(cue_try_, __LINE__) = (expression);                          \
    if (!CUE_CONCAT(cue_try_, __LINE__)) [[unlikely]]                            \
      return std::unexpected(std::move(CUE_CONCAT(cue_try_, __LINE__)).error()); \
  } while (false)
// CUE_ASSIGN(auto name, expression): the same, and binds the value.
#define CUE_ASSIGN(declaration, expression)                                       \
  auto CUE_CONCAT(cue_assign_, __LINE__) = (expression);                          \
  if (!CUE_CONCAT(cue_assign_, __LINE__)) [[unlikely]]                            \
    return std::unexpected(std::move(CUE_CONCAT(cue_assign_, __LINE__)).error()); \
  declaration = *std::move(CUE_CONCAT(cue_assign_, __LINE__))
