// Runs every workload on stores of one size:
//   cuesheet_bench --events=N [--benchmark_...]
// or only writes the events of the generator as NDJSON:
//   cuesheet_bench --events=N --write-lines=FILE
#include <benchmark/benchmark.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "generator.h"
#include "workloads.h"

namespace cuesheet::bench {
namespace {

// The value of `--name=value`, taken out of the arguments.
std::optional<std::string> TakeOption(int& argc, char** argv, std::string_view prefix) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(prefix)) continue;
    for (int j = i; j + 1 < argc; ++j) argv[j] = argv[j + 1];
    --argc;
    return std::string(argument.substr(prefix.size()));
  }
  return std::nullopt;
}

bool WriteLines(const std::string& path, size_t events) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  Generator generator(events);
  std::string line;
  bool ok = true;
  for (size_t i = 0; ok && i < events; ++i) {
    line.clear();
    generator.AppendLine(line);
    ok = std::fwrite(line.data(), 1, line.size(), file) == line.size();
  }
  return std::fclose(file) == 0 && ok;
}

int Main(int argc, char** argv) {
  const std::string count = TakeOption(argc, argv, "--events=").value_or("");
  size_t events = 0;
  std::from_chars(count.data(), count.data() + count.size(), events);
  if (events == 0) {
    std::fprintf(stderr,
                 "usage: cuesheet_bench --events=N [--write-lines=FILE | --benchmark_...]\n");
    return 2;
  }
  if (const auto path = TakeOption(argc, argv, "--write-lines=")) {
    if (WriteLines(*path, events)) return 0;
    std::fprintf(stderr, "%s: cannot be written\n", path->c_str());
    return 1;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  // Those on one store stand side by side, and what changes it comes last.
  RegisterMemory(events);
  RegisterEnroll(events);
  RegisterReads(events);
  RegisterCounts(events);
  RegisterLive(events);
  RegisterIngest(events);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace cuesheet::bench

int main(int argc, char** argv) { return cuesheet::bench::Main(argc, argv); }
