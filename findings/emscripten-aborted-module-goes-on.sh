#!/usr/bin/env bash
# Versions: Emscripten 6.0.5, Node 20.20.2, Debian 12 on x86-64.
#   Emscripten is no npm or PyPI package: set EMCC, or have `emcc` on PATH.
#
# One would guess: after abort() the program has ended, as a process would have. A later call of an export
#   throws, because the module says "Aborted()".
#
# Behaviour: in a release build the next calls run as if nothing had happened, over whatever the aborted
#   call left half done. The stack pointer is not put back either: every aborted call keeps its part of the
#   stack (64 KiB in all by default) for ever.
#
# Seen:
#   Emscripten 6.0.5
#   three calls that abort: RuntimeError: Aborted(). Build with -sASSERTIONS for more info.
#   a call after them: answers
#   transfers half done: 3
#   bytes of the stack that are lost: 12288
set -euo pipefail
emcc="${EMCC:-emcc}"
command -v "$emcc" >/dev/null || { echo 'emcc is missing: set EMCC or PATH' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
"$emcc" --version | sed -n 's/^emcc.*) \([0-9.]*\).*/Emscripten \1/p'

cat >account.c <<'END'
#include <emscripten.h>
#include <stdint.h>
#include <stdlib.h>
static int taken, given;
EMSCRIPTEN_KEEPALIVE void transfer(int fails) {
  volatile char scratch[4096];
  for (int i = 0; i < 4096; i++) scratch[i] = (char)fails;
  taken += 1;
  if (scratch[taken]) abort();
  given += 1;
}
EMSCRIPTEN_KEEPALIVE int missing(void) { return taken - given; }
EMSCRIPTEN_KEEPALIVE int stack(void) {
  volatile char here = 0;
  return (int)(uintptr_t)&here + here;
}
END
timeout 300 "$emcc" -O2 account.c -o account.mjs

cat >see.mjs <<'END'
import load from './account.mjs';
const module = await load({ printErr: () => undefined });
const stack = module._stack();
const messages = new Set();
for (let i = 0; i < 3; i++) {
  try {
    module._transfer(1);
  } catch (error) {
    messages.add(`${error.name}: ${error.message}`);
  }
}
console.log('three calls that abort:', [...messages].join());
let later = 'answers';
try {
  module._transfer(0);
} catch (error) {
  later = `throws ${error.message}`;
}
console.log('a call after them:', later);
console.log('transfers half done:', module._missing());
const lost = stack - module._stack();
console.log('bytes of the stack that are lost:', lost);
if (!(later === 'answers' && module._missing() === 3 && lost >= 3 * 4096)) {
  console.error('Changed: an aborted module refuses calls or puts its stack back.');
  process.exit(1);
}
END
timeout 20 node see.mjs
