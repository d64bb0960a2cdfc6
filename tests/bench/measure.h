// One figure for each workload: the median of the times of its runs.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace cuesheet::bench {

template <typename Work>
double SecondsOf(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double Median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// Times `work` alone, run by run, and reports the median as the counter `p50_ms`. `between` is not
// timed. What is slow gets one run from Google Benchmark; a median wants more.
template <typename Work, typename Between>
void Measure(benchmark::State& state, Work work, Between between) {
  constexpr size_t kFewestRuns = 5;
  std::vector<double> seconds;
  const auto run = [&] {
    seconds.push_back(SecondsOf(work));
    between();
    return seconds.back();
  };
  for (auto _ : state) state.SetIterationTime(run());
  while (seconds.size() < kFewestRuns) run();
  state.counters["p50_ms"] = Median(seconds) * 1000;
}

// The same; what is quicker than kBatchBelow is timed a hundred at a time, because reading the
// clock costs as much (0.1 µs natively, 0.2 µs in wasm).
template <typename Work>
void Measure(benchmark::State& state, Work work) {
  constexpr double kBatchBelow = 20e-6;
  constexpr int kBatch = 100;
  work();
  if (SecondsOf(work) > kBatchBelow) {
    Measure(state, work, [] {});
    return;
  }
  Measure(
      state,
      [&] {
        for (int i = 0; i < kBatch; ++i) work();
      },
      [] {});
  state.counters["p50_ms"] = state.counters["p50_ms"].value / kBatch;
}

template <typename Workload>
void Register(const char* name, Workload workload) {
  benchmark::RegisterBenchmark(name, workload)->UseManualTime()->Unit(benchmark::kMillisecond);
}

}  // namespace cuesheet::bench
