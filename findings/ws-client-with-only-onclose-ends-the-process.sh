#!/usr/bin/env bash
# Versions: ws 8.23.0, undici 7.24.8 (its WebSocket is the one of newer Nodes), Node 20.20.2.
#
# One would guess: code for the browser's WebSocket that sets only `onclose`, because close always follows error,
#   runs with `ws` too: it has the same properties and the same events. A refused connection calls onclose.
#
# Behaviour: behind the properties is an EventEmitter. Without a listener for 'error' a refused connection is an
#   "Unhandled 'error' event" that ends the process; the close event does not come first. The same code with the web's
#   WebSocket reports 1006 and goes on. An empty onerror is enough.
#
# Seen:
#   ws, onclose: heard nothing | exit code 1, Error: connect ECONNREFUSED 127.0.0.1:…
#   ws, onclose and an empty onerror: heard close 1006 | exit code 0
#   undici, onclose: heard close 1006 | exit code 0
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund ws@8.23.0 undici@7.24.8

cat >client.mjs <<'END'
import { once } from 'node:events';
import { createServer } from 'node:net';
const [, , from, hasOnerror] = process.argv;
const { WebSocket } = await import(from);
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
server.close();
await once(server, 'close'); // nobody listens there now
const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
socket.onclose = ({ code }) => console.log(`close ${code}`);
if (hasOnerror) socket.onerror = () => undefined;
END
run() { # TITLE ARGUMENTS
  local code=0 heard error
  timeout 20 node client.mjs "${@:2}" >heard.txt 2>error.txt || code=$?
  heard="$(cat heard.txt)"
  error="$(grep -o 'Error: connect ECONNREFUSED 127.0.0.1' error.txt | head -1)" || true
  echo "$1: heard ${heard:-nothing} | exit code $code${error:+, $error:…}" | tee -a seen.txt
}
run 'ws, onclose' ws
run 'ws, onclose and an empty onerror' ws yes
run 'undici, onclose' undici
if [ "$(sed 's/.*: heard/heard/' seen.txt | cut -d, -f1 | paste -sd';')" != 'heard nothing | exit code 1;heard close 1006 | exit code 0;heard close 1006 | exit code 0' ]; then
  echo 'Changed: a refused connection does not end a program that sets only onclose.' >&2
  exit 1
fi
