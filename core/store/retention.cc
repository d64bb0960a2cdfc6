#include "store/retention.h"

#include "base/json.h"
#include "event/names.h"
#include "query/code_set.h"

namespace cuesheet {
namespace {

// Applies one rule to events, which come newest first.
class Retirement {
 public:
  Retirement(const RetentionRule& rule, const EventTable& table, Timestamp now)
      : rule_(rule), table_(table), now_(now) {}

  bool Retires(Row row) {
    const bool is_of_pattern = topics_.Has(table_.topics().code(row), [this](uint32_t code) {
      return MatchesTopicPattern(table_.topics().words().text(code), rule_.topics);
    });
    if (!is_of_pattern) return false;
    ++seen_;
    const auto age_us = now_.us - table_.updated_at(row).us;
    return (rule_.max_events && seen_ > *rule_.max_events) ||
           (rule_.max_age_seconds && age_us > *rule_.max_age_seconds * 1'000'000);
  }

 private:
  const RetentionRule& rule_;
  const EventTable& table_;
  Timestamp now_;
  CodeSet topics_;
  int64_t seen_ = 0;
};

constexpr int64_t kMaxAgeSeconds = int64_t{100} * 366 * 86'400;

std::unexpected<Error> Wrong(size_t rule, std::string_view name, const std::string& expected) {
  return Fail(ErrorCode::kInvalid, "rules[" + std::to_string(rule) + "]." + std::string(name) +
                                       ": expected " + expected);
}

Result<std::optional<int64_t>> ReadCount(const Json& object, size_t rule, std::string_view name,
                                         int64_t limit) {
  const Json* value = FindMember(object, name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_number_integer() || value->get<int64_t>() < 0 || value->get<int64_t>() > limit) {
    return Wrong(rule, name, "a whole number from 0 to " + std::to_string(limit));
  }
  return value->get<int64_t>();
}

}  // namespace

Result<std::vector<RetentionRule>> ParseRetentionRules(const Json& body) {
  const Json* list = FindMember(body, "rules");
  if (list == nullptr || !list->is_array()) {
    return Fail(ErrorCode::kInvalid, "rules: expected a list of rules");
  }
  if (list->size() > kMaxRetentionRules) {
    return Fail(ErrorCode::kTooLarge,
                "rules: more than " + std::to_string(kMaxRetentionRules) + " rules");
  }
  std::vector<RetentionRule> rules;
  for (const Json& item : *list) {
    const size_t number = rules.size();
    const Json* topics = FindMember(item, "topics");
    if (topics == nullptr || !topics->is_string()) {
      return Wrong(number, "topics", "a topic or a pattern such as \"log.*\"");
    }
    RetentionRule rule{.topics = topics->get<std::string>()};
    CUE_ASSIGN(rule.max_age_seconds, ReadCount(item, number, "maxAgeSeconds", kMaxAgeSeconds));
    CUE_ASSIGN(rule.max_events, ReadCount(item, number, "maxEvents", INT32_MAX));
    if (!rule.max_age_seconds && !rule.max_events) {
      return Wrong(number, "maxAgeSeconds", "this or maxEvents, else the rule keeps everything");
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

Result<RetainRequest> ParseRetainRequest(const Json& body) {
  RetainRequest request;
  const Json* scope = FindMember(body, "scope");
  const Json* make_room = FindMember(body, "makeRoom");
  if (FindMember(body, "rules") != nullptr || (scope == nullptr && make_room == nullptr)) {
    CUE_ASSIGN(request.rules, ParseRetentionRules(body));
  }
  if (scope != nullptr) {
    CUE_ASSIGN(request.scope, ParseScope(*scope));
  }
  if (make_room != nullptr) {
    if (!make_room->is_boolean()) {
      return Fail(ErrorCode::kInvalid, "makeRoom: expected true or false");
    }
    request.make_room = make_room->get<bool>();
  }
  return request;
}

std::vector<bool> RowsToRetire(const EventTable& table, std::span<const RetentionRule> rules,
                               Timestamp now) {
  std::vector<Retirement> retirements;
  for (const RetentionRule& rule : rules) retirements.emplace_back(rule, table, now);
  std::vector<bool> rows(table.row_limit());
  table.VisitRange({.newest_first = true}, [&](Row row) {
    bool retires = false;
    for (Retirement& retirement : retirements) retires |= retirement.Retires(row);
    rows[row] = retires;
    return true;
  });
  return rows;
}

}  // namespace cuesheet
