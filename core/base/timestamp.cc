#include "base/timestamp.h"

#include <algorithm>
#include <string_view>

namespace cuesheet {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

// Howard Hinnant's civil calendar, in days since 1970-01-01.
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

struct Civil {
  uint32_t year, month, day;
};

// For the days of years 0 to 9999: they fit into 32 bits, whose divisions are cheaper.
Civil CivilFromDays(int64_t days) {
  const auto since = static_cast<uint32_t>(days + 719'468);  // 0000-03-01
  const uint32_t era = since / 146'097;
  const uint32_t day_of_era = since - era * 146'097;
  const uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t month_index = (5 * day_of_year + 2) / 153;
  const uint32_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  return {year_of_era + era * 400 + (month <= 2), month,
          day_of_year - (153 * month_index + 2) / 5 + 1};
}

bool IsLeap(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int64_t DaysInMonth(int64_t year, int64_t month) {
  if (month == 2) return IsLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return at_ == text_.size(); }
  bool Skip(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // Exactly `count` digits.
  bool Digits(size_t count, int64_t& value) {
    if (text_.size() - at_ < count) return false;
    value = 0;
    for (size_t i = 0; i < count; ++i) {
      const char c = text_[at_ + i];
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    at_ += count;
    return true;
  }
  // One or more digits after the point, cut to microseconds.
  bool Fraction(int64_t& micros) {
    int64_t scale = 100'000;
    const size_t start = at_;
    micros = 0;
    for (; !done() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, scale /= 10) {
      micros += (text_[at_] - '0') * scale;
    }
    return at_ > start;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool ParseClock(Scanner& in, int64_t& us) {
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t micros = 0;
  if (!in.Digits(2, hour)) return false;
  if (in.Skip(':')) {
    if (!in.Digits(2, minute)) return false;
    if (in.Skip(':')) {
      if (!in.Digits(2, second)) return false;
      if ((in.Skip('.') || in.Skip(',')) && !in.Fraction(micros)) return false;
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  us = (hour * 3600 + minute * 60 + second) * kSecond + micros;
  return true;
}

bool ParseOffset(Scanner& in, int64_t& us) {
  us = 0;
  if (in.done() || in.Skip('Z') || in.Skip('z')) return true;
  const bool west = in.Skip('-');
  if (!west && !in.Skip('+')) return false;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  if (!in.Digits(2, hour)) return false;
  if (in.Skip(':')) {
    if (!in.Digits(2, minute)) return false;
    if (in.Skip(':') && !in.Digits(2, second)) return false;
  } else if (!in.done() && !in.Digits(2, minute)) {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  us = (hour * 3600 + minute * 60 + second) * kSecond * (west ? -1 : 1);
  return true;
}

char* PutTwoDigits(char* out, uint32_t number) {
  *out++ = static_cast<char>('0' + number / 10);
  *out++ = static_cast<char>('0' + number % 10);
  return out;
}

char* PutMarked(char* out, char mark, uint32_t number) {
  *out++ = mark;
  return PutTwoDigits(out, number);
}

}  // namespace

bool Timestamp::IsValid() const {
  static constexpr int64_t kFirst = -62'135'596'800 * kSecond;  // 0001-01-01
  static constexpr int64_t kEnd = 253'402'300'800 * kSecond;    // 10000-01-01
  return us >= kFirst && us < kEnd;
}

std::string Timestamp::Iso() const {
  char text[kMaxIsoSize];
  return {text, PutIso(text)};
}

char* Timestamp::PutIso(char* out) const {
  int64_t days = us / kDay;
  int64_t rest = us % kDay;
  if (rest < 0) {  // division rounds towards zero: times before 1970 belong to the day before
    rest += kDay;
    --days;
  }
  const Civil date = CivilFromDays(days);
  const auto seconds = static_cast<uint32_t>(rest / kSecond);
  const auto micros = static_cast<uint32_t>(rest % kSecond);
  out = PutTwoDigits(PutTwoDigits(out, date.year / 100), date.year % 100);
  out = PutMarked(PutMarked(out, '-', date.month), '-', date.day);
  out = PutMarked(out, 'T', seconds / 3600);
  out = PutMarked(PutMarked(out, ':', seconds / 60 % 60), ':', seconds % 60);
  if (micros != 0) {
    out = PutMarked(out, '.', micros / 10'000);
    out = PutTwoDigits(PutTwoDigits(out, micros / 100 % 100), micros % 100);
  }
  return std::ranges::copy(std::string_view("+00:00"), out).out;
}

std::optional<Timestamp> Timestamp::ParseIso(std::string_view text) {
  Scanner in(text);
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  if (!in.Digits(4, year) || !in.Skip('-') || !in.Digits(2, month) || !in.Skip('-') ||
      !in.Digits(2, day)) {
    return std::nullopt;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return std::nullopt;
  }
  int64_t clock = 0;
  int64_t offset = 0;
  if (!in.done()) {
    if (!in.Skip('T') && !in.Skip('t') && !in.Skip(' ')) return std::nullopt;
    if (!ParseClock(in, clock) || !ParseOffset(in, offset) || !in.done()) return std::nullopt;
  }
  const Timestamp time{DaysFromCivil(year, month, day) * kDay + clock - offset};
  if (!time.IsValid()) return std::nullopt;  // the offset leads out of the calendar
  return time;
}

}  // namespace cuesheet
