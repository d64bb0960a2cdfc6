// The event, AYON's unit of everything (protocol.md 1.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "event/status.h"

namespace cuesheet {

// The last creation order that is exact in a cursor (protocol.md 6.5: a floating-point number).
inline constexpr int64_t kMaxCreationOrder = (int64_t{1} << 53) - 1;

// The longest description, summary or payload: the table has room for no other (TextRef). A request
// of kMaxEventBytes stays below, also when its numbers grow by being written canonically.
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
// not read such an event back. For events that do not come by a request, whose size is limited.
Result<void> CheckSizes(const EventView& event);

// The attributes that a change wrote; also the order in which a journal record holds them.
enum class Field : uint32_t {
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

}  // namespace cuesheet
