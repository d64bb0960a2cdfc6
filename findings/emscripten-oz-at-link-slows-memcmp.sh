#!/usr/bin/env bash
# Versions: Emscripten 6.0.5, Node 20.20.2, Debian 12 on x86-64.
#   Emscripten is no npm or PyPI package: set EMCC, or have `emcc` on PATH.
#
# One would guess: -O at the link optimizes the linked program. The same object file, compiled by -O2, calls
#   the same memcmp of the C library however it is linked.
#
# Behaviour: linking by -Oz brings another build of the C library, whose memcmp compares byte by byte. The
#   same object is four to five times slower in it than linked by -Os, for 49 bytes less.
#
# Seen:
#   Emscripten 6.0.5
#   linked by -Os: 238 bytes, 200 MiB compared in 20 ms (best of 7)
#   linked by -Oz: 189 bytes, 200 MiB compared in 86 ms (best of 7)
set -euo pipefail
emcc="${EMCC:-emcc}"
command -v "$emcc" >/dev/null || { echo 'emcc is missing: set EMCC or PATH' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
"$emcc" --version | sed -n 's/^emcc.*) \([0-9.]*\).*/Emscripten \1/p'

cat >compare.c <<'END'
#include <emscripten.h>
#include <string.h>
static char left[1 << 20], right[1 << 20];
EMSCRIPTEN_KEEPALIVE int compare(int times) {
  int sum = 0;
  for (int i = 0; i < times; i++) {
    left[0] = right[0] = (char)i;
    sum += memcmp(left, right, sizeof left);
  }
  return sum;
}
END
timeout 300 "$emcc" -O2 -c compare.c -o compare.o
for level in Os Oz; do
  timeout 300 "$emcc" "-$level" compare.o -o "$level.mjs" 2>/dev/null
done

cat >see.mjs <<'END'
import { statSync } from 'node:fs';
const levels = ['Os', 'Oz'];
const best = { Os: Infinity, Oz: Infinity };
const modules = {};
for (const level of levels) modules[level] = await (await import(`./${level}.mjs`)).default();
for (let round = 0; round < 7; round++) {
  for (const level of levels) {
    const start = performance.now();
    modules[level]._compare(200);
    best[level] = Math.min(best[level], performance.now() - start);
  }
}
for (const level of levels) {
  const { size } = statSync(`${level}.wasm`);
  console.log(`linked by -${level}: ${size} bytes, 200 MiB compared in ${best[level].toFixed(0)} ms (best of 7)`);
}
if (best.Oz < 1.6 * best.Os) {
  console.error('Changed: memcmp is not slower when the link is by -Oz.');
  process.exit(1);
}
END
timeout 120 node see.mjs
