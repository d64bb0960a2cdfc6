// Runs every workload on stores of one size:
//   cuesheet_bench --events=N [--benchmark_...]
// or only writes the events of the generator as NDJSON:
//   cuesheet_bench --events=N --write-lines=FILE
// or N sources of jobs that are done, and the jobs:
//   cuesheet_bench --events=N --write-settled=FILE
#include <benchmark/benchmark.h>

#include <charconv>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "filled_store.h"
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

// Calls append(text) for line after line until it returns false.
bool WriteFile(const std::string& path, const std::function<bool(std::string& text)>& append) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  std::string text;
  bool ok = true;
  for (bool more = true; ok && more;) {
    text.clear();
    more = append(text);
    ok = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  }
  return std::fclose(file) == 0 && ok;
}

bool WriteLines(const std::string& path, size_t events) {
  Generator generator(events);
  size_t written = 0;
  return WriteFile(path, [&](std::string& text) {
    generator.AppendLine(text);
    return ++written < events;
  });
}

bool WriteSettled(const std::string& path, size_t sources) {
  OpenStore filled;
  FillWithSettledSources(filled, sources);
  std::optional<double> after;
  return WriteFile(path, [&](std::string& text) {
    const auto part = filled.store.answers().Export(text, after, kDefaultExportBytes);
    if (!part || !part->next) return false;
    after = ParseCursor(*part->next).value();
    return true;
  });
}

int Main(int argc, char** argv) {
  const std::string count = TakeOption(argc, argv, "--events=").value_or("");
  size_t events = 0;
  std::from_chars(count.data(), count.data() + count.size(), events);
  if (events == 0) {
    std::fprintf(stderr,
                 "usage: cuesheet_bench --events=N [--write-lines=FILE | --write-settled=FILE | "
                 "--benchmark_...]\n");
    return 2;
  }
  const std::pair<const char*, bool (*)(const std::string&, size_t)> writers[] = {
      {"--write-lines=", WriteLines}, {"--write-settled=", WriteSettled}};
  for (const auto& [option, write] : writers) {
    const auto path = TakeOption(argc, argv, option);
    if (!path) continue;
    if (write(*path, events)) return 0;
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
