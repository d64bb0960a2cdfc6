// npm run simulate -- [--seeds=N] [--from=S] [--stop]: ends with `N passed, N failed`; --stop at
// the first that fails.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "scenario.h"

namespace {

unsigned long long running = 0;

void SayWhichDied(int /*signal*/) {
  (void)std::fprintf(stderr, "seed %llu died: npm run simulate -- --seeds 1 --from %llu\n", running,
                     running);
  std::_Exit(1);
}

unsigned long long NumberOf(int argc, char** argv, std::string_view name,
                            unsigned long long value) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(name)) continue;
    if (argument.size() > name.size() && argument[name.size()] == '=') {
      value = std::strtoull(argv[i] + name.size() + 1, nullptr, 10);
    } else if (argument == name && i + 1 < argc) {
      value = std::strtoull(argv[i + 1], nullptr, 10);
    }
  }
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned long long seeds = NumberOf(argc, argv, "--seeds", 300);
  const unsigned long long from = NumberOf(argc, argv, "--from", 1);
  bool stops = false;
  for (int i = 1; i < argc; ++i) stops = stops || std::string_view(argv[i]) == "--stop";
  (void)std::signal(SIGABRT, SayWhichDied);
  unsigned long long failed = 0;
  for (running = from; running < from + seeds; ++running) {
    const auto wrong = cuesheet::simulation::RunScenario(running);
    if (!wrong) continue;
    ++failed;
    (void)std::printf("seed %llu: %s\n  npm run simulate -- --seeds 1 --from %llu\n", running,
                      wrong->c_str(), running);
    if (stops) break;
  }
  (void)std::printf("%llu passed, %llu failed\n", seeds - failed, failed);
  return failed == 0 ? 0 : 1;
}
