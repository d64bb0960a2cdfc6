#!/usr/bin/env bash
# Versions: Deno 2.9.6 (npm's deno, x86-64), Node 20.20.2 with ws 8.23.0 for comparison.
#
# One would guess: when the connection ends without a close frame, the close event of a WebSocket has the code
#   1006, as RFC 6455 7.1.5 and the WebSocket standard say, and as browsers, Node, Bun and `ws` have it.
#
# Behaviour: in Deno the code is 0, at both ends: for a socket of Deno.upgradeWebSocket() and for one of
#   new WebSocket(). `code === 1006` ("try again") is never true there.
#
# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   Node and ws, the server's end: close event with code 1006, wasClean false
#   Node and ws, the client's end: close event with code 1006, wasClean false
#   Deno, the server's end: close event with code 0, wasClean false
#   Deno, the client's end: close event with code 0, wasClean false
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund deno@2.9.6 ws@8.23.0
deno=node_modules/@deno/linux-x64-glibc/deno
"$deno" --version | head -1

cat >see.js <<'END'
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import process from 'node:process';
import { WebSocketServer } from 'ws';

const isDeno = 'Deno' in globalThis;
const name = isDeno ? 'Deno' : 'Node and ws';
setTimeout(() => process.exit(1), 15_000).unref?.();
const seen = [];
const show = (end, { code, wasClean }) => {
  seen.push(code);
  console.log(`${name}, ${end}: close event with code ${code}, wasClean ${wasClean}`);
};

// The server's end: a client that upgrades and ends the connection.
const closed = Promise.withResolvers?.() ?? (() => {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
})();
let port;
if (isDeno) {
  const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onclose = closed.resolve;
    return response;
  });
  ({ port } = server.addr);
} else {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => (socket.onclose = closed.resolve));
  await once(server, 'listening');
  ({ port } = server.address());
}
const client = connect(port, '127.0.0.1');
client.write(
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
);
await once(client, 'data');
client.end();
show("the server's end", await closed.promise);

// The client's end: a server that accepts and ends the connection.
const accept = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const raw = createServer((connection) => {
  connection.once('data', (head) => {
    const key = /sec-websocket-key: (\S+)/i.exec(String(head))[1];
    connection.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
    );
    setTimeout(() => connection.end(), 200);
  });
}).listen(0, '127.0.0.1');
await once(raw, 'listening');
const Socket = isDeno ? WebSocket : (await import('ws')).WebSocket;
const socket = new Socket(`ws://127.0.0.1:${raw.address().port}/`);
socket.onerror = () => undefined;
show("the client's end", await new Promise((resolve) => (socket.onclose = resolve)));

const expected = isDeno ? '0,0' : '1006,1006';
if (seen.join() !== expected) {
  console.error('Changed: the code of a connection that just ended is another one.');
  process.exit(1);
}
process.exit(0);
END
timeout 30 node see.js
timeout 30 "$deno" run -A see.js
