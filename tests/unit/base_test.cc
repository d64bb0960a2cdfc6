#include <catch2/catch_amalgamated.hpp>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "base/uuid.h"

namespace cuesheet {
namespace {

TEST_CASE("a timestamp keeps microseconds and shows +00:00") {
  const auto time = Timestamp::ParseIso("2026-03-19T12:05:00.123456+02:00");
  REQUIRE(time);
  CHECK(time->Iso() == "2026-03-19T10:05:00.123456+00:00");
  CHECK(Timestamp::ParseIso("2026-03-19T10:05:00")->Iso() == "2026-03-19T10:05:00+00:00");
  CHECK(Timestamp::ParseIso("2026-03-19")->Iso() == "2026-03-19T00:00:00+00:00");
  CHECK(Timestamp::ParseIso("1969-12-31T23:59:59.5Z")->Iso() == "1969-12-31T23:59:59.500000+00:00");
}

TEST_CASE("what is no ISO time is refused") {
  for (const char* text :
       {"", "nonsense", "2026-02-30", "2026-13-01", "2026-03-19T25:00", "2026-03-19T10:05:00+",
        "2026-03-19T10:05:00x", "2026-3-1", "9999-12-31T23:00-02:00", "0001-01-01T00:00+00:01"}) {
    CAPTURE(text);
    CHECK_FALSE(Timestamp::ParseIso(text));
  }
}

TEST_CASE("an id in a path is 32 lower-case hex digits and nothing else") {
  CHECK(Uuid::Parse("e0000000000000000000000000000001")->Hex() ==
        "e0000000000000000000000000000001");
  CHECK_FALSE(Uuid::Parse("E0000000000000000000000000000001"));
  CHECK_FALSE(Uuid::Parse("e0000000-0000-0000-0000-000000000001"));
  CHECK(Uuid::ParseLenient("E0000000-0000-0000-0000-000000000001")->Hyphenated() ==
        "e0000000-0000-0000-0000-000000000001");
}

TEST_CASE("an id drawn from clock and entropy is a version 1 uuid") {
  Entropy entropy;
  entropy.bytes.fill(0xFF);
  const Uuid id = Uuid::FromClock(1'774'000'000'000'000, entropy);
  CHECK(id.Hex()[12] == '1');
  CHECK((id.bytes[8] & 0xC0) == 0x80);
  CHECK(Uuid::FromClock(1'774'000'000'000'000, entropy) == id);
}

TEST_CASE("base64 is AYON's cursor coat") {
  CHECK(Base64Encode("[12]") == "WzEyXQ==");
  CHECK(Base64Decode("WzEyXQ==") == "[12]");
  CHECK(Base64Decode("WzFd") == "[1]");
  CHECK_FALSE(Base64Decode("!!notbase64"));
  CHECK_FALSE(Base64Decode("Wz"));
}

TEST_CASE("JSON from outside has limits and says where it breaks") {
  CHECK(ParseJson("{\"a\":1").error().code == ErrorCode::kInvalid);
  CHECK(ParseJson("[1, x]").error().message.find("character 5") != std::string::npos);
  CHECK(ParseJson("\"\xff\"").error().code == ErrorCode::kInvalid);
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  CHECK(ParseJson(deep).error().code == ErrorCode::kTooLarge);
  CHECK(ParseJson(std::string(64, '[') + std::string(64, ']')).has_value());
}

TEST_CASE("canonical text has sorted keys and raw UTF-8") {
  CHECK(CanonicalText(*ParseJson(R"({"b":1.0,"a":"kůň"})")) == R"({"a":"kůň","b":1.0})");
}

TEST_CASE("half a surrogate pair is read as U+FFFD, wherever it stands, and a whole pair stays") {
  const auto read = [](std::string_view text) { return CanonicalText(ParseJson(text).value()); };
  CHECK(read(R"(["cut \ud83d"])") == "[\"cut \uFFFD\"]");
  CHECK(read(R"({"\uDE00 key":"\ud83dx"})") == "{\"\uFFFD key\":\"\uFFFDx\"}");
  CHECK(read(R"("\ud83d\ud83d\ude00\ude00")") == "\"\uFFFD\U0001F600\uFFFD\"");
  CHECK(read(R"("\\ud83d \ud7ff")") == "\"\\\\ud83d \uD7FF\"");  // no half: a backslash, a letter
  CHECK_FALSE(ParseJson(R"("\ud8")"));
  CHECK_FALSE(ParseJson(R"("\ud83d\u12")"));
  CHECK_FALSE(ParseJson(R"("\ud)"));
}

TEST_CASE("a JSON string escapes what it must") {
  std::string out;
  AppendJsonString(out, "a\"b\\c\n\x01é");
  CHECK(Json::parse(out) == "a\"b\\c\n\x01é");
}

TEST_CASE("a byte reader never runs past the end") {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(300);
  writer.Text("abc");
  ByteReader whole(bytes);
  CHECK(whole.Varint() == 300);
  CHECK(whole.Text() == "abc");
  CHECK(whole.ok());
  ByteReader cut(std::string_view(bytes).substr(0, 4));
  CHECK(cut.Varint() == 300);
  CHECK(cut.Text().empty());
  CHECK_FALSE(cut.ok());
}

}  // namespace
TEST_CASE("json string: escapes at every place of a text, as the library writes them") {
  for (size_t size = 0; size < 20; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (const char c : {'"', '\\', '\n', '\r', '\t', '\x01', '\x1f', ' ', '\x7f'}) {
        std::string text(size, 'x');
        text[at] = c;
        std::string out = "before";
        AppendJsonString(out, text);
        CHECK(out == "before" + Json(text).dump());
      }
    }
  }
  std::string out;
  AppendJsonString(out, "größer als – \"20\" ¥");
  CHECK(out == R"("größer als – \"20\" ¥")");
}

}  // namespace cuesheet
