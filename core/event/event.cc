#include "event/event.h"

namespace cuesheet {
namespace {

constexpr bool IsSnakeCaseOf(std::string_view column, std::string_view name) {
  const auto take = [&column](char expected) {
    if (!column.starts_with(expected)) return false;
    column.remove_prefix(1);
    return true;
  };
  for (const char c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (is_upper && !take('_')) return false;
    if (!take(is_upper ? static_cast<char>(c - 'A' + 'a') : c)) return false;
  }
  return column.empty();
}

static_assert([] {
  uint32_t bits = 0;
  for (const FieldInfo& info : kFields) {
    const auto bit = static_cast<uint32_t>(info.field);
    const bool is_next = info.field == Field::kId ? bits == 0 : bit == bits + 1;
    if (!is_next || &InfoOf(info.field) != &info) return false;
    if (!IsSnakeCaseOf(info.column, info.name)) return false;
    bits |= bit;
  }
  return bits == FieldSet::kAllBits;
}());

template <typename Value>
constexpr FieldType TypeOf() {
  if (std::is_same_v<Value, EventStatus>) return FieldType::kStatus;
  if (std::is_same_v<Value, int32_t>) return FieldType::kInteger;
  if (std::is_same_v<Value, Timestamp>) return FieldType::kTime;
  if (std::is_same_v<Value, int64_t>) return FieldType::kOrder;
  const bool is_id = std::is_same_v<Value, Uuid> || std::is_same_v<Value, std::optional<Uuid>>;
  return is_id ? FieldType::kId : FieldType::kText;
}

// The members have the types of the table, in its order.
static_assert([] {
  bool is_right = true;
  EventView event;
  VisitFields(
      [&](auto field, const auto& value) {
        const FieldType type =
            field.kInfo.type == FieldType::kObject ? FieldType::kText : field.kInfo.type;
        is_right = is_right && type == TypeOf<std::remove_cvref_t<decltype(value)>>();
      },
      event);
  return is_right;
}());

Result<void> CheckSize(std::string_view name, const std::optional<std::string_view>& text,
                       size_t limit) {
  if (!text || text->size() <= limit) return {};
  return Fail(ErrorCode::kTooLarge, std::string(name) + ": " + std::to_string(text->size()) +
                                        " bytes, an event has room for " + std::to_string(limit));
}

template <typename To, typename From>
BasicEvent<To> Convert(const BasicEvent<From>& from) {
  BasicEvent<To> to;
  VisitFields(
      []<typename Target, typename Source>(auto, Target& target, const Source& source) {
        if constexpr (std::is_same_v<Source, std::optional<From>>) {
          if (source) target.emplace(*source);
        } else {
          target = Target(source);
        }
      },
      to, from);
  return to;
}

}  // namespace

Event Own(const EventView& view) { return Convert<std::string>(view); }
EventView View(const Event& event) { return Convert<std::string_view>(event); }

Result<void> CheckSizes(const EventView& event) {
  CUE_TRY(CheckSize("hash", event.hash, kMaxNameBytes));
  CUE_TRY(CheckSize("topic", event.topic, kMaxNameBytes));
  CUE_TRY(CheckSize("sender", event.sender, kMaxNameBytes));
  CUE_TRY(CheckSize("senderType", event.sender_type, kMaxNameBytes));
  CUE_TRY(CheckSize("project", event.project, kMaxNameBytes));
  CUE_TRY(CheckSize("user", event.user, kMaxNameBytes));
  CUE_TRY(CheckSize("description", event.description, kMaxTextBytes));
  CUE_TRY(CheckSize("summary", event.summary, kMaxTextBytes));
  return CheckSize("payload", event.payload, kMaxTextBytes);
}

}  // namespace cuesheet
