#!/usr/bin/env bash
# Versions: Node 20.20.2; Deno 2.9.6 (npm's deno) and Bun 1.4.5 (npm's @oven/bun-linux-x64), x86-64, for comparison.
#
# One would guess: a program that waits for AbortSignal.timeout(300), or for something that this signal ends, waits, as
#   with setTimeout(300).
#
# Behaviour: in Node the signal's timer does not keep the process. When nothing else is open, it ends before the
#   timeout: with code 13 and a warning at a top-level await, and with code 0 and no word in a function that nobody
#   awaits: what comes after the wait, `finally` too, never runs. Deno waits in both cases, Bun at a top-level await
#   only.
#
# Seen:
#   Node, top-level await: exit code 13, printed begin
#   Node, main(): exit code 0, printed begin
#   Deno, top-level await: exit code 0, printed begin, TimeoutError, finally
#   Deno, main(): exit code 0, printed begin, TimeoutError, finally
#   Bun, top-level await: exit code 0, printed begin, TimeoutError, finally
#   Bun, main(): exit code 0, printed begin
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund deno@2.9.6 @oven/bun-linux-x64@1.4.5

cat >main.mjs <<'END'
export async function main() {
  console.log('begin');
  const signal = AbortSignal.timeout(300);
  try {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  } catch (error) {
    console.log(error.name);
  } finally {
    console.log('finally');
  }
}
END
printf '%s\n' "import { main } from './main.mjs';" 'await main();' >top-level.mjs
printf '%s\n' "import { main } from './main.mjs';" 'void main();' >function.mjs
run() { # NAME COMMAND...
  local name=$1 file title code
  shift
  for file in top-level function; do
    title='main()' code=0
    [ "$file" = function ] || title='top-level await'
    timeout 20 "$@" "$file.mjs" >printed.txt 2>/dev/null || code=$?
    echo "$name, $title: exit code $code, printed $(paste -sd, printed.txt | sed 's/,/, /g')" | tee -a seen.txt
  done
}
run Node node
run Deno node_modules/@deno/linux-x64-glibc/deno run -A
run Bun node_modules/@oven/bun-linux-x64/bin/bun
all='exit code 0, printed begin, TimeoutError, finally'
none='exit code 0, printed begin'
if [ "$(sed 's/^.*: //' seen.txt | paste -sd'|')" != "exit code 13, printed begin|$none|$all|$all|$all|$none" ]; then
  echo 'Changed: other programs wait for AbortSignal.timeout().' >&2
  exit 1
fi
