#!/usr/bin/env bash
# Versions: Emscripten 6.0.5, Node 20.20.2, Debian 12 on x86-64.
#   Emscripten is no npm or PyPI package: set EMCC, or have `emcc` on PATH.
#
# One would guess: a module linked for 4 GB of memory gives every address to JavaScript in one way.
#   `_malloc` of such a module gives addresses above 2 GB as positive numbers, so a function of one's own
#   that returns what malloc gave it should too.
#
# Behaviour: only some known functions of the C library are wrapped. `_malloc(n)` is positive above 2 GB,
#   `_own_malloc(n)`, whose body is `return malloc(n);`, is negative. `HEAPU8.subarray(p, p + n)` with the
#   negative address throws nothing: it counts from the end of the memory and shows other bytes.
#
# Seen:
#   Emscripten 6.0.5
#   _malloc(64) above 2 GB:     2415986256
#   _own_malloc(64) above 2 GB: -1878980968
#   a 42 was written at own >>> 0; subarray(own, own + 64)[0] is 0
#   its byteOffset is right: false
set -euo pipefail
emcc="${EMCC:-emcc}"
command -v "$emcc" >/dev/null || { echo 'emcc is missing: set EMCC or PATH' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
"$emcc" --version | sed -n 's/^emcc.*) \([0-9.]*\).*/Emscripten \1/p'

cat >own.c <<'END'
#include <emscripten.h>
#include <stdlib.h>
EMSCRIPTEN_KEEPALIVE void *own_malloc(size_t size) { return malloc(size); }
END
timeout 300 "$emcc" -O2 own.c -o own.mjs -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB \
  -sEXPORTED_FUNCTIONS=_malloc,_own_malloc -sEXPORTED_RUNTIME_METHODS=HEAPU8

cat >see.mjs <<'END'
import load from './own.mjs';
const module = await load();
for (let mebibytes = 0; mebibytes < 2304; mebibytes += 256) module._malloc(256 << 20);
const known = module._malloc(64);
const own = module._own_malloc(64);
console.log('_malloc(64) above 2 GB:    ', known);
console.log('_own_malloc(64) above 2 GB:', own);
module.HEAPU8[own >>> 0] = 42;
const view = module.HEAPU8.subarray(own, own + 64);
console.log('a 42 was written at own >>> 0; subarray(own, own + 64)[0] is', view[0]);
console.log('its byteOffset is right:', view.byteOffset === own >>> 0);
if (!(known > 2 ** 31 && own < 0 && view.length === 64 && view.byteOffset !== own >>> 0)) {
  console.error('Changed: both functions give addresses of one sign now.');
  process.exit(1);
}
END
timeout 60 node see.mjs
