// The hex dumps of docs/storage.md, compared with the files that a store writes: when a format
// changes, this test says what the page has to show. A dump is a block ```text NAME of lines
// "hex bytes, two spaces, what they mean".
#include <catch2/catch_amalgamated.hpp>
#include <fstream>
#include <sstream>

#include "journal/note_file.h"
#include "small_store.h"

namespace cuesheet::testing {
namespace {

using Dumps = std::map<std::string, std::string>;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The bytes at the start of a line: pairs of digits with one space between them.
std::string BytesOf(std::string_view line) {
  std::string bytes;
  while (line.size() >= 2 && HexDigit(line[0]) >= 0 && HexDigit(line[1]) >= 0) {
    bytes += static_cast<char>(HexDigit(line[0]) * 16 + HexDigit(line[1]));
    if (line.size() < 4 || line[2] != ' ' || line[3] == ' ') break;
    line.remove_prefix(3);
  }
  return bytes;
}

Dumps DumpsOfPage() {
  std::ifstream page(CUESHEET_STORAGE_PAGE);
  Dumps dumps;
  std::string name;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      name = line.starts_with("```text ") ? line.substr(8) : "";
    } else if (!name.empty()) {
      dumps[name] += BytesOf(line);
    }
  }
  return dumps;
}

std::string Hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    const auto value = static_cast<uint8_t>(byte);
    hex += {kDigits[value >> 4], kDigits[value & 15], ' '};
  }
  return hex;
}

// One record of each kind, then a checkpoint of the two events that are left.
MemoryEnv WriteExample(std::string& journal) {
  StoreFixture f;
  const Uuid job = f.Dispatch(R"({"topic":"demo.job","hash":"k","finished":false})");
  REQUIRE(f.Update(job, R"({"status":"in_progress"})"));
  const Uuid gone = f.Dispatch(R"({"topic":"demo.gone","project":"show"})");
  REQUIRE(f.store.ledger().Remove(gone));
  const Uuid again = f.Dispatch(
      R"({"topic":"demo.job","hash":"k","reuse":true,"payload":{"frames":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}})");
  f.Dispatch(R"({"topic":"demo.part","dependsOn":")" + again.Hex() + "\"}");
  f.Commit();
  journal = f.env.files["journal-00000001"];
  Checkpoint(f.store);
  return f.env;
}

// A manifest has every topic that the store knows, the built-in ones too: 3 KB. The page shows one.
std::string WithOneTopic(std::string_view bytes) {
  Manifest manifest = DecodeManifest(bytes).value();
  const std::string topic(
      "\x08"
      "demo.job\0\0",
      11);
  CHECK(manifest.topics.find(topic) != std::string::npos);
  manifest.topics = topic;
  return EncodeManifest(manifest);
}

std::string WriteOutbox() {
  MemoryEnv env;
  NoteFile file(&env, kOutboxPrefix);
  REQUIRE(file.Open());
  file.Append(R"({"n":1})");
  REQUIRE(file.BeginCommit());
  file.Committed(true);
  return env.files["outbox-00000001"];
}

TEST_CASE("the dumps of docs/storage.md are what a store writes, byte by byte") {
  std::string journal;
  MemoryEnv env = WriteExample(journal);
  env.files["journal-00000001"] = journal;
  env.files["outbox-00000001"] = WriteOutbox();
  env.files["manifest-00000001"] = WithOneTopic(env.files["manifest-00000001"]);
  Dumps dumps = DumpsOfPage();
  CHECK(dumps.size() == env.files.size());
  for (const auto& [name, bytes] : env.files) {
    INFO(name);
    CHECK(Hex(dumps[name]) == Hex(bytes));
  }
}

}  // namespace
}  // namespace cuesheet::testing
