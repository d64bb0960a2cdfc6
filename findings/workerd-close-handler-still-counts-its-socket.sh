#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), ws 8.23.0, Node 20.20.2.
#
# One would guess: in webSocketClose() the socket is gone: ctx.getWebSockets() has the others, as the `clients` of
#   ws have in a close handler. "Who is still here" can be counted and told there.
#
# Behaviour: the socket that closes is still in the list, so the last one to leave counts 1, and an object that stops
#   its alarm at 0 never stops it. What is sent to it is taken without an error and goes nowhere, when the
#   client began; when the object called close() before, the same send throws, and a loop over all sockets ends
#   there. After the handler it is gone. Compare with the handler's own argument.
#
# Seen:
#   the client closes: in webSocketClose() 1 listed, it is the one that closes: true, send to it: no error | afterwards 0
#   the object closes: in webSocketClose() 1 listed, it is the one that closes: true, send to it: throws | afterwards 0
#   ws, the client closes: in the close handler 0 listed
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0 ws@8.23.0

cat >see.mjs <<'END'
import { once } from 'node:events';
import { Miniflare } from 'miniflare';
import { WebSocket, WebSocketServer } from 'ws';

const script = `
  import { DurableObject } from 'cloudflare:workers';
  let heard = null;
  export class Room extends DurableObject {
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/heard') return Response.json({ heard, after: this.ctx.getWebSockets().length });
      if (pathname === '/close') {
        for (const socket of this.ctx.getWebSockets()) socket.close(1000);
        return new Response();
      }
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    webSocketClose(socket) {
      const listed = this.ctx.getWebSockets();
      let send = 'no error';
      try {
        for (const other of listed) other.send('somebody left');
      } catch {
        send = 'throws';
      }
      heard = { listed: listed.length, isIt: listed[0] === socket, send };
    }
  }
  export default { fetch: (request, env) => env.ROOM.get(env.ROOM.idFromName('room')).fetch(request) };`;
const miniflare = new Miniflare({
  modules: true,
  script,
  compatibilityDate: '2026-04-20',
  host: '127.0.0.1',
  durableObjects: { ROOM: { className: 'Room', useSQLite: true } },
});
const url = await miniflare.ready;
const ask = (path) => fetch(new URL(path, url));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let seen = '';
for (const who of ['client', 'object']) {
  const socket = new WebSocket(`ws://127.0.0.1:${url.port}/`);
  await once(socket, 'open');
  if (who === 'client') socket.close(1000);
  else await ask('/close');
  await pause(500);
  const { heard, after } = await (await ask('/heard')).json();
  console.log(`the ${who} closes: in webSocketClose() ${heard.listed} listed, it is the one that closes: ${heard.isIt}, ` +
    `send to it: ${heard.send} | afterwards ${after}`);
  seen += [heard.listed, heard.isIt, heard.send, after, ''].join();
  socket.terminate();
}
await miniflare.dispose();

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');
const listed = new Promise((resolve) =>
  server.on('connection', (socket) => socket.on('close', () => resolve(server.clients.size))),
);
const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/`);
await once(socket, 'open');
socket.close(1000);
console.log('ws, the client closes: in the close handler', await listed, 'listed');
server.close();
if (seen !== '1,true,no error,0,1,true,throws,0,' || (await listed) !== 0) {
  console.error('Changed: the socket that closes is not in the list any more, or is sent to otherwise.');
  process.exit(1);
}
END
timeout 60 node see.mjs
