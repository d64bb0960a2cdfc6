// What is measured; docs/benchmarks.md says what each means and tests/bench/table.mjs what it may
// cost. Each Register...() adds the workloads of one source file, on stores of `events` events.
#pragma once

#include <cstddef>

namespace cuesheet::bench {

// Fewer events than this cannot give full pages.
inline constexpr size_t kFewestForPages = 10'000;

void RegisterMemory(size_t events);
void RegisterReads(size_t events);
void RegisterCounts(size_t events);
void RegisterLive(size_t events);
void RegisterEnroll(size_t events);
void RegisterIngest(size_t events);

}  // namespace cuesheet::bench
