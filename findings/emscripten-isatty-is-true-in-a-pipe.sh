#!/usr/bin/env bash
# Versions: Emscripten 6.0.5, Node 20.20.2, Debian 12 on x86-64.
#   Emscripten is no npm or PyPI package: set EMCC, or have `emcc` on PATH.
#
# One would guess: a C program that Node runs sees the same standard output as Node, so isatty(1) is 0
#   when the output goes to a file. Node's own process.stdout.isTTY says so.
#
# Behaviour: isatty() is 1 for the three standard streams, whatever they are, because Emscripten's default
#   streams are terminal devices of its own file system. Programs that colour for terminals (test runners,
#   compilers) write escape sequences into log files, unless they are told not to.
#
# Seen:
#   Emscripten 6.0.5
#   native program, output to a file:  isatty of 0, 1, 2: 0 0 0
#   the same as wasm, output to a file: isatty of 0, 1, 2: 1 1 1
#   Node's process.stdout.isTTY there:  undefined
set -euo pipefail
emcc="${EMCC:-emcc}"
command -v "$emcc" >/dev/null || { echo 'emcc is missing: set EMCC or PATH' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
"$emcc" --version | sed -n 's/^emcc.*) \([0-9.]*\).*/Emscripten \1/p'

cat >streams.c <<'END'
#include <stdio.h>
#include <unistd.h>
int main(void) { printf("isatty of 0, 1, 2: %d %d %d\n", isatty(0), isatty(1), isatty(2)); }
END
timeout 300 "$emcc" -O2 streams.c -o streams.cjs
gcc streams.c -o streams

timeout 20 node streams.cjs </dev/null >wasm.txt 2>errors.txt
timeout 20 node -p 'String(process.stdout.isTTY)' </dev/null >node.txt 2>>errors.txt
./streams </dev/null >native.txt 2>>errors.txt
echo "native program, output to a file:  $(cat native.txt)"
echo "the same as wasm, output to a file: $(cat wasm.txt)"
echo "Node's process.stdout.isTTY there:  $(cat node.txt)"
grep -q ': 0 0 0$' native.txt
if ! grep -q ': 1 1 1$' wasm.txt; then
  echo 'Changed: isatty() of a wasm program under Node looks at the real streams now.' >&2
  exit 1
fi
