#include <catch2/catch_amalgamated.hpp>

#include "contract.h"
#include "journal/testing/faulty_env.h"
#include "journal/testing/memory_env.h"
#include "posix_env.h"

namespace cuesheet::contract {
namespace {

// A folder of its own, which goes with it.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cuesheet-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("files in memory keep the contract of an Env", "[env]") {
  for (const Stage& stage : Stages()) {
    DYNAMIC_SECTION(stage.name) {
      MemoryEnv env;
      for (const Step step : {stage.act, stage.again, stage.check}) {
        if (step) CHECK(step(env, "journal-") == "");
      }
    }
  }
}

TEST_CASE("files that are made to fail keep the contract of an Env while they do not", "[env]") {
  for (const Stage& stage : Stages()) {
    DYNAMIC_SECTION(stage.name) {
      std::map<std::string, std::string> files;
      for (const Step step : {stage.act, stage.again, stage.check}) {
        if (!step) continue;
        FaultyEnv env(files);
        CHECK(step(env, "journal-") == "");
        REQUIRE(env.Sync());
        files = env.Crash(0);
        CHECK(files == env.files);
      }
    }
  }
}

TEST_CASE("files of POSIX keep the contract of an Env", "[env]") {
  for (const Stage& stage : Stages()) {
    DYNAMIC_SECTION(stage.name) {
      const Folder folder;
      for (const Step step : {stage.act, stage.again, stage.check}) {
        PosixEnv env(folder.path);
        if (step) CHECK(step(env, "journal-") == "");
      }
    }
  }
}

}  // namespace cuesheet::contract
