// Reads the fields of a request body as pydantic 1 does: camelCase before snake_case, unknown keys
// ignored, text from numbers, booleans from words, and every error with its exact text
// (protocol.md 1.2). Used by each request model; collects all errors before it gives up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "event/request.h"

namespace cuesheet {

class FieldReader {
 public:
  // `body` must outlive the reader. A body that is no object is one error at the root.
  explicit FieldReader(const Json& body);

  // Whether null is an allowed value of the field (it then reads as absent).
  enum class Null { kAllowed, kRefused };

  // `name` is camelCase; the snake_case form is derived.
  std::optional<std::string> Text(std::string_view name, Null null = Null::kAllowed);
  std::optional<bool> Bool(std::string_view name, Null null = Null::kAllowed);
  std::optional<int64_t> Integer(std::string_view name, Null null = Null::kAllowed);
  std::optional<double> Float(std::string_view name, Null null = Null::kAllowed);
  // An object as canonical JSON text; a list of pairs is read as one.
  std::optional<std::string> Object(std::string_view name, Null null = Null::kAllowed);
  // The member itself, for fields with a reader of their own; nullptr when absent.
  const Json* Member(std::string_view name) const;

  void Require(std::string_view name);  // error "field required" when absent
  void Fail(std::string_view name, std::string message, std::string type,
            const Json& context = nullptr);
  bool failed() const { return !errors_.empty(); }
  FieldErrors TakeErrors() { return std::move(errors_); }

 private:
  const Json* Value(std::string_view name, Null null);
  void FailNull(std::string_view name);

  const Json& body_;
  FieldErrors errors_;
};

}  // namespace cuesheet
