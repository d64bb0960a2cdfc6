#!/usr/bin/env bash
# Versions: vite 8.3.8, Node 20.20.2.
#
# One would guess: createServer() of Vite's JavaScript API is a library call. When the program has a SIGTERM
#   handler of its own, which stops other things first and then calls server.close(), Vite leaves the signal to it.
#
# Behaviour: listening installs a SIGTERM handler that closes the server and then calls process.exit(143). It runs
#   beside the program's own, so whatever that does asynchronously (a child process to end, a file to write) is cut
#   off. SIGINT is left alone, so Ctrl-C in a terminal works and `kill`, a supervisor or a container does not. With
#   server.middlewareMode there is no such handler.
#
# Seen:
#   SIGTERM: the program heard it | exit code 143
#   SIGINT: the program heard it, has stopped the rest | exit code 0
#   SIGTERM, middlewareMode: the program heard it, has stopped the rest | exit code 0
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund vite@8.3.8
echo '<!doctype html><title>page</title>' >index.html

cat >program.mjs <<'END'
import { createServer } from 'vite';
const [, , signal, mode] = process.argv;
const middlewareMode = mode === 'middlewareMode';
const server = await createServer({ server: { port: 0, host: '127.0.0.1', middlewareMode, ws: false }, logLevel: 'silent' });
if (!middlewareMode) await server.listen();
process.on(signal, async () => {
  process.stdout.write('the program heard it');
  await new Promise((resolve) => setTimeout(resolve, 1000)); // other things to stop
  process.stdout.write(', has stopped the rest');
  await server.close();
  process.exit(0);
});
setTimeout(() => process.kill(process.pid, signal), 200);
END
for arguments in SIGTERM SIGINT 'SIGTERM middlewareMode'; do
  code=0
  # shellcheck disable=SC2086
  heard="$(timeout 30 node program.mjs $arguments)" || code=$?
  echo "${arguments/ /, }: $heard | exit code $code" | tee -a seen.txt
done
rest='the program heard it, has stopped the rest | exit code 0'
if [ "$(sed 's/^[^:]*: //' seen.txt | paste -sd';')" != "the program heard it | exit code 143;$rest;$rest" ]; then
  echo 'Changed: Vite leaves SIGTERM to the program, or takes other signals.' >&2
  exit 1
fi
