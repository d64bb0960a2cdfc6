#!/usr/bin/env bash
# Versions: Node 20.20.2 (its keepAliveTimeout is 5 s). Linux.
#
# One would guess: an idle connection is closed when no request came for keepAliveTimeout. A request that
#   came after one second and waits in the socket, because the server is busy with something long, is
#   answered late.
#
# Behaviour: when the event loop is held for longer than keepAliveTimeout by a callback of the check phase
#   (setImmediate) the timers run before the sockets are read. The keep-alive timer destroys the
#   connection with the request unread in it, and the client gets a reset instead of a late answer. Held
#   by a timer's callback for as long, the socket is read first and the request is answered.
#
# Seen:
#   v20.20.2
#   held for 7 s in a callback of a timer: { answers: 2, end: 'closed' }
#   held for 7 s in a callback of an immediate: { answers: 1, end: 'ECONNRESET' }
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >client.mjs <<'END'
import { connect } from 'node:net';
const socket = connect(Number(process.argv[2]), '127.0.0.1');
const ask = (path) => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
let answers = 0;
let end = 'closed';
ask('/first');
socket.on('data', () => {
  answers += 1;
  if (answers === 1) setTimeout(ask, 1000, '/second');
  else socket.destroy();
});
socket.on('error', ({ code }) => (end = code));
socket.on('close', () => process.send({ answers, end }));
END
cat >see.mjs <<'END'
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

const HELD_MS = 7000;
function hold() {
  const end = Date.now() + HELD_MS;
  while (Date.now() < end);
}
const phases = {
  timer: () => setTimeout(hold, 300),
  immediate: () => setTimeout(() => setImmediate(hold), 300),
};
const seen = {};
for (const [phase, holdLater] of Object.entries(phases)) {
  const server = createServer((request, response) => {
    response.end('ok');
    if (request.url === '/first') holdLater();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = fork('client.mjs', [String(server.address().port)]);
  [seen[phase]] = await once(client, 'message');
  console.log(`held for 7 s in a callback of a${phase === 'timer' ? '' : 'n'} ${phase}:`, seen[phase]);
  client.kill();
  server.close();
}
if (!(seen.timer.answers === 2 && seen.immediate.answers === 1 && seen.immediate.end === 'ECONNRESET')) {
  console.error('Changed: the request that waited is not reset any more.');
  process.exit(1);
}
END
node --version
timeout 40 node see.mjs
