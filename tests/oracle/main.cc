// The oracle: cuesheet_oracle [--seed=N] [--triples=N] [--sequences=N] [--steps=N] [--case=N].
// Ends with `N passed, N failed`.
#include <charconv>
#include <csignal>
#include <string_view>

#include "report.h"
#include "sequences.h"
#include "triples.h"

namespace cuesheet::oracle {
namespace {

// The engine may also end the program: by an assertion or a sanitizer's finding.
void SayWhereItDied(int /*signal*/) {
  std::fprintf(stderr, "died in case %zu of %s\n", running.number, running.part);
}

// Of `--name=N`.
template <typename Number>
bool Read(std::string_view argument, std::string_view name, Number& number) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const char* end = argument.data() + argument.size();
  return std::from_chars(argument.data(), end, number).ptr == end && !argument.empty();
}

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    size_t only = 0;
    if (Read(argument, "--case=", only)) {
      options.only = only;
    } else if (!Read(argument, "--seed=", options.seed) &&
               !Read(argument, "--triples=", options.triples) &&
               !Read(argument, "--sequences=", options.sequences) &&
               !Read(argument, "--steps=", options.steps)) {
      std::printf(
          "usage: cuesheet_oracle [--seed=N] [--triples=N] [--sequences=N] [--steps=N] "
          "[--case=N]\n");
      return 2;
    }
  }
  std::signal(SIGABRT, SayWhereItDied);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what was found before it died is not lost
  Score score;
  if (options.triples > 0) RunTriples(options, score);
  if (options.sequences > 0) RunSequences(options, score);
  std::printf("%zu passed, %zu failed\n", score.passed, score.failed);
  return score.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cuesheet::oracle

int main(int argc, char** argv) { return cuesheet::oracle::Main(argc, argv); }
