#!/usr/bin/env bash
# Versions: Bun 1.4.5 (npm's @oven/bun-linux-x64), ws 8.23.0 as the client, x86-64, Node 20.20.2.
#
# One would guess: a WebSocket is a stream of messages. A server whose client reads slowly keeps what it sends, or
#   closes the socket, but does not go on with a hole in the middle.
#
# Behaviour: Bun's server keeps 16 MiB for a socket (backpressureLimit). A message beyond that is dropped: send()
#   returns 0 and throws nothing, the socket stays open, and what is sent when the client reads again arrives. So the
#   client has a stream in which messages are missing, and neither side has an event for it. With
#   closeOnBackpressureLimit: true the socket is closed; or look at what each send() returns.
#
# Seen:
#   default: of 60 messages of 1 MiB send() returned 0 for some: true, the client read the first ones only: true, then "last", socket: open
#   closeOnBackpressureLimit: the client read the first ones only: true, socket: closed
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @oven/bun-linux-x64@1.4.5 ws@8.23.0

cat >server.mjs <<'END'
const MESSAGES = 60;
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 400 })),
  websocket: {
    closeOnBackpressureLimit: process.argv[2] === 'close',
    message(socket, text) {
      if (text === 'flood') {
        let dropped = 0;
        for (let n = 0; n < MESSAGES; n += 1) {
          if (socket.send(String(n).padEnd(1 << 20)) === 0) dropped += 1;
        }
        console.log(JSON.stringify({ dropped }));
      } else socket.send('last');
    },
  },
});
console.log(JSON.stringify({ port: server.port }));
END
cat >see.mjs <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function flood(mode) {
  const child = spawn('node_modules/@oven/bun-linux-x64/bin/bun', ['server.mjs', mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const { port } = await next();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  const read = [];
  socket.on('message', (data) => read.push(String(data).trim()));
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.pause();
  socket.send('flood');
  const { dropped } = await next();
  await pause(1000);
  const closed = once(socket, 'close').then(([code]) => code);
  socket.resume();
  await pause(1500);
  if (mode === 'default') socket.send('one more');
  const code = await Promise.race([closed, pause(1500).then(() => 'open')]);
  socket.terminate();
  child.kill();
  return { dropped, read, code };
}
const open = await flood('default');
const numbers = open.read.filter((text) => text !== 'last').map(Number);
const isInOrder = numbers.every((number, n) => number === n);
console.log(`default: of 60 messages of 1 MiB send() returned 0 for some: ${open.dropped > 0}, the client read the`,
  `first ones only: ${isInOrder && numbers.length + open.dropped === 60}, then "${open.read.at(-1)}", socket: ${open.code}`);
const closing = await flood('close');
console.log(`closeOnBackpressureLimit: the client read the first ones only: ${closing.read.every((text, n) => text === String(n))},`,
  `socket: ${closing.code === 'open' ? 'open' : 'closed'}`);
if (open.dropped === 0 || open.read.at(-1) !== 'last' || open.code !== 'open' || !isInOrder || closing.code === 'open') {
  console.error('Changed: Bun keeps messages of a slow socket, or closes it.');
  process.exit(1);
}
process.exit(0);
END
timeout 60 node see.mjs
