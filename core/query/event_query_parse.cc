// EventQuery::Parse: the GraphQL arguments and their errors.
#include "base/base64.h"
#include "base/json.h"
#include "event/names.h"
#include "query/event_query.h"

namespace cuesheet {
namespace {

using Names = std::optional<std::vector<std::string>>;

// A member that is present and not null.
const Json* Given(const Json& arguments, std::string_view name) {
  const Json* value = FindMember(arguments, name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<Names> ReadNames(const Json& arguments, std::string_view name) {
  const Json* value = Given(arguments, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) {
    return Fail(ErrorCode::kInvalid, std::string(name) + ": expected a list of strings");
  }
  if (value->size() > kMaxListItems) {
    return Fail(ErrorCode::kTooLarge,
                std::string(name) + ": more than " + std::to_string(kMaxListItems) + " items");
  }
  std::vector<std::string> names;
  for (const Json& item : *value) {
    if (!item.is_string()) {
      return Fail(ErrorCode::kInvalid, std::string(name) + ": expected a list of strings");
    }
    names.push_back(item.get<std::string>());
  }
  return names;
}

Result<Names> ReadMatching(const Json& arguments, std::string_view name,
                           bool (*matches)(std::string_view), const std::string& refusal) {
  CUE_ASSIGN(Names names, ReadNames(arguments, name));
  if (!names) return names;
  for (const std::string& item : *names) {
    if (!matches(item)) return Fail(ErrorCode::kInvalid, refusal);
  }
  return names;
}

Result<std::optional<std::vector<Uuid>>> ReadIds(const Json& arguments) {
  CUE_ASSIGN(const Names texts, ReadNames(arguments, "ids"));
  if (!texts) return std::nullopt;
  std::vector<Uuid> ids;
  for (const std::string& text : *texts) {
    std::string digits = text;
    std::erase(digits, '-');
    if (digits.size() != 32) {
      return Fail(ErrorCode::kBadValue, "Invalid entity ID " + text);
    }
    const auto id = Uuid::ParseLenient(text);
    if (!id) {
      return Fail(ErrorCode::kBadValue, "invalid input syntax for type uuid: \"" + text + '"');
    }
    ids.push_back(*id);
  }
  return ids;
}

Result<std::string> ReadText(const Json& arguments, std::string_view name) {
  const Json* value = Given(arguments, name);
  if (value == nullptr) return "";
  if (!value->is_string()) {
    return Fail(ErrorCode::kInvalid, std::string(name) + ": expected a string");
  }
  return value->get<std::string>();
}

Result<std::optional<bool>> ReadFlag(const Json& arguments, std::string_view name) {
  const Json* value = Given(arguments, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    return Fail(ErrorCode::kInvalid, std::string(name) + ": expected true or false");
  }
  return value->get<bool>();
}

Result<std::optional<Timestamp>> ReadTime(const Json& arguments, std::string_view name) {
  CUE_ASSIGN(const std::string text, ReadText(arguments, name));
  if (text.empty()) return std::nullopt;
  const auto time = Timestamp::ParseIso(text);
  if (!time) return Fail(ErrorCode::kBadValue, "Invalid isoformat string: '" + text + "'");
  return time;
}

Result<std::optional<int64_t>> ReadPageSize(const Json& arguments, std::string_view name) {
  const Json* value = Given(arguments, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) {
    return Fail(ErrorCode::kInvalid, std::string(name) + ": expected a whole number");
  }
  const auto size = value->get<int64_t>();
  if (size < 0) return Fail(ErrorCode::kBadValue, "LIMIT must not be negative");
  if (size > kMaxPageSize) {
    return Fail(ErrorCode::kTooLarge, std::string(name) + ": at most " +
                                          std::to_string(kMaxPageSize) +
                                          " events a page; use cursors");
  }
  return size;
}

Result<size_t> ReadOffset(const Json& arguments) {
  const Json* value = Given(arguments, "offset");
  if (value == nullptr) return size_t{0};
  if (!value->is_number_integer() || value->get<int64_t>() < 0 ||
      value->get<int64_t>() > INT32_MAX) {
    return Fail(ErrorCode::kInvalid, "offset: expected a whole number from 0 to 2147483647");
  }
  return static_cast<size_t>(value->get<int64_t>());
}

Result<std::optional<double>> ReadCursor(const Json& arguments, std::string_view name) {
  CUE_ASSIGN(const std::string cursor, ReadText(arguments, name));
  return ParseCursor(cursor);
}

// How Python prints a JSON value in the cursor's error.
std::string PythonText(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_string()) return value.get<std::string>();
  return CanonicalText(value);
}

// `statuses`, and the deprecated `states` where statuses is null or empty (protocol.md 6.3).
Result<Names> ReadStatuses(const Json& arguments) {
  const std::string refusal = "name does not match the regex (status)";
  CUE_ASSIGN(Names statuses, ReadMatching(arguments, "statuses", IsProjectName, refusal));
  if (statuses && !statuses->empty()) return statuses;
  CUE_ASSIGN(Names states, ReadMatching(arguments, "states", IsProjectName, refusal));
  return states;
}

}  // namespace

Result<std::optional<double>> ParseCursor(std::string_view cursor) {
  if (cursor.empty()) return std::nullopt;
  const auto text = Base64Decode(cursor);
  const auto list = text ? ParseJson(*text) : Fail(ErrorCode::kInvalid, "");
  if (!list || !list->is_array()) return Fail(ErrorCode::kInvalid, "Invalid cursor");
  if (list->empty()) return std::nullopt;
  const Json& order = list->front();
  if (!order.is_number()) {
    return Fail(ErrorCode::kInvalid, "Invalid value for numeric field: " + PythonText(order));
  }
  return order.get<double>();
}

Result<EventQuery> EventQuery::Parse(const Json& arguments) {
  if (!arguments.is_object()) {
    return Fail(ErrorCode::kInvalid, "query: expected an object of conditions");
  }
  EventQuery query;
  CUE_ASSIGN(query.ids, ReadIds(arguments));
  CUE_ASSIGN(query.topics,
             ReadMatching(arguments, "topics", IsTopic, "topic does not match the regex"));
  CUE_ASSIGN(query.projects, ReadMatching(arguments, "projects", IsProjectName,
                                          "name does not match the regex (project_name)"));
  CUE_ASSIGN(query.users, ReadMatching(arguments, "users", IsUserName,
                                       "name does not match the regex (user_name)"));
  CUE_ASSIGN(query.statuses, ReadStatuses(arguments));
  CUE_ASSIGN(query.has_children, ReadFlag(arguments, "hasChildren"));
  CUE_ASSIGN(query.older_than, ReadTime(arguments, "olderThan"));
  CUE_ASSIGN(query.newer_than, ReadTime(arguments, "newerThan"));
  CUE_ASSIGN(const std::string filter, ReadText(arguments, "filter"));
  CUE_ASSIGN(query.text, TextFilter::Parse(filter));
  const Json* where = Given(arguments, "where");
  CUE_ASSIGN(query.where, QueryFilter::Parse(where == nullptr ? Json() : *where));
  CUE_ASSIGN(const std::optional<bool> include_logs, ReadFlag(arguments, "includeLogs"));
  query.include_logs = include_logs.value_or(false);
  CUE_ASSIGN(query.first, ReadPageSize(arguments, "first"));
  CUE_ASSIGN(query.last, ReadPageSize(arguments, "last"));
  CUE_ASSIGN(query.after, ReadCursor(arguments, "after"));
  CUE_ASSIGN(query.before, ReadCursor(arguments, "before"));
  CUE_ASSIGN(query.offset, ReadOffset(arguments));
  return query;
}

}  // namespace cuesheet
