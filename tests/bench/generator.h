// Made-up events of a studio's AYON server, the same ones in every run: a mix of entity changes,
// logs and jobs (protocol.md 2), about 860 bytes of NDJSON each.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "event/event.h"

namespace cuesheet::bench {

// One event, in the middle, has these in its summary, and no other has.
inline constexpr std::string_view kTicketKey = "ticket";
inline constexpr std::string_view kTicket = "AY-20417";
inline constexpr std::string_view kTicketEntity = "0123456789abcdef0123456789abcdef";

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // Less than `bound`.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>((Next() >> 32) * bound >> 32); }
  bool Percent(uint32_t chance) { return Below(100) < chance; }

 private:
  uint64_t state_;
};

class Generator {
 public:
  // `events` is how many will be asked for.
  explicit Generator(size_t events) : ticket_at_(events / 2) {}

  // The next event, with its payload; creation orders count from 1.
  Event Next();
  // The same as a line in the form of GET /api/events/{id}, with the line break.
  void AppendLine(std::string& out);

 private:
  // What is written about: one folder's work in one department.
  struct Entity {
    std::string id, parent, name, path, project;
    std::string_view department;
  };

  Entity Pick();
  void FillEntity(Event& event, const Entity& entity, std::string_view topic);
  void FillJob(Event& event, const Entity& entity);
  void FillLog(Event& event, const Entity& entity);
  void FillOther(Event& event, const Entity& entity);
  void Depend(Event& event);
  std::string Attributes();
  std::string Hex(size_t digits);
  std::string Word();

  Random random_{20260105};
  size_t ticket_at_;
  size_t made_ = 0;
  int64_t clock_us_ = 1'767'600'000'000'000;  // 2026-01-05T08:00:00Z
  std::array<Uuid, 256> recent_{};
  Uuid parent_{};
};

std::string ProjectName(size_t index);  // of 12
std::string UserName(size_t index);     // of 40

}  // namespace cuesheet::bench
