// The event, AYON's unit of everything (protocol.md 1.1).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "event/status.h"

namespace cuesheet {

// The last creation order that is exact in a cursor (protocol.md 6.5: a floating-point number).
inline constexpr int64_t kMaxCreationOrder = (int64_t{1} << 53) - 1;

// The longest description, summary or payload: the table has no room for a longer one (TextRef). A
// request of kMaxEventBytes stays below it, even when canonical form makes its numbers longer.
inline constexpr size_t kMaxTextBytes = (size_t{4} << 20) - 1;
// The longest hash, sender, sender type, project or user. Topics are shorter (IsTopic).
inline constexpr size_t kMaxNameBytes = size_t{1} << 20;

// Owning (`Event`) or pointing into a table (`EventView`, valid until the table changes).
template <typename Text>
struct BasicEvent {
  Uuid id{};
  std::optional<Text> hash{};  // none = the event's own id in hex
  Text topic{};
  std::optional<Text> sender{};
  std::optional<Text> sender_type{};
  std::optional<Text> project{};
  std::optional<Text> user{};
  std::optional<Uuid> depends_on{};
  EventStatus status = EventStatus::kFinished;
  int32_t retries = 0;
  Text description{};
  Text summary{"{}"};             // canonical JSON text of an object
  std::optional<Text> payload{};  // the same; none = not here, a replica fetches it on demand
  Timestamp created_at{};
  Timestamp updated_at{};
  int64_t creation_order = 0;

  std::string HashText() const { return hash ? std::string(*hash) : id.Hex(); }
};

using Event = BasicEvent<std::string>;
using EventView = BasicEvent<std::string_view>;

Event Own(const EventView& view);
EventView View(const Event& event);

// kTooLarge names the member that is longer than kMaxTextBytes or kMaxNameBytes: the journal could
// not read such an event back. For events that do not come from a request: requests are limited.
Result<void> CheckSizes(const EventView& event);

// The attributes of an event. A FieldSet and a journal record have a bit for each except the id,
// which no change writes.
enum class Field : uint32_t {
  kId = 0,
  kHash = 1 << 0,
  kTopic = 1 << 1,
  kSender = 1 << 2,
  kSenderType = 1 << 3,
  kProject = 1 << 4,
  kUser = 1 << 5,
  kDependsOn = 1 << 6,
  kStatus = 1 << 7,
  kRetries = 1 << 8,
  kDescription = 1 << 9,
  kSummary = 1 << 10,
  kPayload = 1 << 11,
  kCreatedAt = 1 << 12,
  kUpdatedAt = 1 << 13,
  kCreationOrder = 1 << 14,
};

class FieldSet {
 public:
  static constexpr uint32_t kAllBits = (1U << 15) - 1;

  constexpr FieldSet() = default;
  constexpr explicit FieldSet(uint32_t bits) : bits_(bits) {}
  static constexpr FieldSet All() { return FieldSet(kAllBits); }

  constexpr bool Has(Field field) const { return (bits_ & static_cast<uint32_t>(field)) != 0; }
  constexpr FieldSet& Add(Field field) {
    bits_ |= static_cast<uint32_t>(field);
    return *this;
  }
  constexpr FieldSet& Drop(Field field) {
    bits_ &= ~static_cast<uint32_t>(field);
    return *this;
  }
  constexpr uint32_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  uint32_t bits_ = 0;
};

enum class FieldType : uint8_t {
  kId,
  kText,
  kStatus,
  kInteger,  // 32 bits
  kObject,   // of JSON, as canonical text
  kTime,
  kOrder,
};

// Which request bodies may set a field (protocol.md 3.1, 4). The store itself writes the others,
// and all fields of an event that it merges or imports.
enum FieldWriter : uint8_t { kNoBody = 0, kDispatchBody = 1, kUpdateBody = 2, kEachBody = 3 };

struct FieldInfo {
  Field field;
  std::string_view name;    // camelCase: in JSON, except in POST /api/query
  std::string_view column;  // snake_case: in AYON's table; request bodies may have either
  FieldType type;
  FieldWriter writer;

  constexpr bool IsWrittenBy(FieldWriter body) const { return (writer & body) != 0; }
};

// The attributes in one place: each format of events uses this table or is checked against it. In
// the order of the bits, which is that of AYON's own JSON.
inline constexpr std::array<FieldInfo, 16> kFields = {{
    {Field::kId, "id", "id", FieldType::kId, kDispatchBody},  // Cuesheet's addition
    {Field::kHash, "hash", "hash", FieldType::kText, kDispatchBody},
    {Field::kTopic, "topic", "topic", FieldType::kText, kDispatchBody},
    {Field::kSender, "sender", "sender", FieldType::kText, kEachBody},
    {Field::kSenderType, "senderType", "sender_type", FieldType::kText, kNoBody},  // a header
    {Field::kProject, "project", "project", FieldType::kText, kEachBody},
    {Field::kUser, "user", "user", FieldType::kText, kUpdateBody},
    {Field::kDependsOn, "dependsOn", "depends_on", FieldType::kId, kDispatchBody},
    {Field::kStatus, "status", "status", FieldType::kStatus, kUpdateBody},
    {Field::kRetries, "retries", "retries", FieldType::kInteger, kUpdateBody},
    {Field::kDescription, "description", "description", FieldType::kText, kEachBody},
    {Field::kSummary, "summary", "summary", FieldType::kObject, kEachBody},
    {Field::kPayload, "payload", "payload", FieldType::kObject, kEachBody},
    {Field::kCreatedAt, "createdAt", "created_at", FieldType::kTime, kNoBody},
    {Field::kUpdatedAt, "updatedAt", "updated_at", FieldType::kTime, kNoBody},
    // In JSON it is the cursor (protocol.md 6.5).
    {Field::kCreationOrder, "creationOrder", "creation_order", FieldType::kOrder, kNoBody},
}};

constexpr const FieldInfo& InfoOf(Field field) {
  const auto bit = static_cast<uint32_t>(field);
  return kFields[bit == 0 ? 0 : static_cast<size_t>(std::countr_zero(bit)) + 1];
}

// The field with this name, in JSON or in AYON's table.
constexpr std::optional<Field> FieldNamed(std::string_view name) {
  for (const FieldInfo& info : kFields) {
    if (info.name == name || info.column == name) return info.field;
  }
  return std::nullopt;
}

// The members of an event, in the order of kFields.
template <typename AnyEvent>
inline constexpr auto kFieldMembers = std::tuple(
    &AnyEvent::id, &AnyEvent::hash, &AnyEvent::topic, &AnyEvent::sender, &AnyEvent::sender_type,
    &AnyEvent::project, &AnyEvent::user, &AnyEvent::depends_on, &AnyEvent::status,
    &AnyEvent::retries, &AnyEvent::description, &AnyEvent::summary, &AnyEvent::payload,
    &AnyEvent::created_at, &AnyEvent::updated_at, &AnyEvent::creation_order);

// A field as a type, which VisitFields passes to the visitor, so that it can choose at compile
// time.
template <size_t index>
struct FieldAt {
  static constexpr const FieldInfo& kInfo = kFields[index];

  template <typename AnyEvent>
  static constexpr auto& ValueIn(AnyEvent& event) {
    return event.*std::get<index>(kFieldMembers<std::remove_const_t<AnyEvent>>);
  }
};

// Calls visit(FieldAt, value...) for each field in the order of kFields, with its value in each of
// the events. It is a part of its caller, so that what the visitor writes stays in registers.
template <typename Visit, typename... Events>
[[gnu::always_inline]] constexpr void VisitFields(Visit&& visit, Events&... events) {
  const auto visit_one = [&](auto field) __attribute__((always_inline)) {
    visit(field, field.ValueIn(events)...);
  };
  [&]<size_t... index>(std::index_sequence<index...>) __attribute__((always_inline)) {
    (visit_one(FieldAt<index>()), ...);
  }(std::make_index_sequence<kFields.size()>());
}

}  // namespace cuesheet
