#!/usr/bin/env bash
# Versions: hono 4.13.19, @hono/node-server 2.1.9, Node 20.20.2; Deno 2.9.6 (npm's, x86-64).
#
# One would guess: a HEAD request, which Hono answers by the handler of GET, ends the stream that the handler has
#   made, because nobody will read it: stream.aborted becomes true, onAbort() is called, `finally` runs.
#
# Behaviour: nothing of it happens. Hono makes a new Response without a body and forgets the stream; the second
#   write or so waits for a reader that never comes, and the handler with it, for ever, also when the connection has
#   long been closed. Each HEAD of a health check or a link checker keeps a stream: its subscription, its place if
#   there is a limit. A GET whose client leaves is told. Answer HEAD before the stream is made.
#
# Seen:
#   node: after 5 GETs whose clients left:        opened 5, onAbort 5, ended 5
#   node: after 5 HEADs with connections closed:  opened 5, onAbort 0, ended 0
#   deno: after 5 GETs whose clients left:        opened 5, onAbort 5, ended 5
#   deno: after 5 HEADs with connections closed:  opened 5, onAbort 0, ended 0
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund hono@4.13.19 @hono/node-server@2.1.9 deno@2.9.6

cat >see.js <<'END'
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

const count = { opened: 0, aborted: 0, ended: 0 };
const app = new Hono();
app.get('/events', (context) =>
  streamSSE(context, async (stream) => {
    count.opened += 1;
    stream.onAbort(() => (count.aborted += 1));
    try {
      while (!stream.aborted) {
        await stream.writeSSE({ data: 'news' });
        await stream.sleep(50);
      }
    } finally {
      count.ended += 1;
    }
  }),
);
let name = 'node';
let port;
if ('Deno' in globalThis) {
  name = 'deno';
  const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, (request) => app.fetch(request));
  ({ port } = server.addr);
} else {
  const { serve } = await import('@hono/node-server');
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  if (!server.listening) await once(server, 'listening');
  ({ port } = server.address());
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (const [method, title] of [['GET', 'GETs whose clients left:       '], ['HEAD', 'HEADs with connections closed: ']]) {
  Object.assign(count, { opened: 0, aborted: 0, ended: 0 });
  for (let n = 0; n < 5; n += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${method} /events HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, 'data');
    await pause(200);
    socket.destroy();
  }
  await pause(2000);
  console.log(`${name}: after 5 ${title} opened ${count.opened}, onAbort ${count.aborted}, ended ${count.ended}`);
  if (count.opened !== 5 || count.ended !== (method === 'HEAD' ? 0 : 5) || count.aborted !== count.ended) {
    console.log('Changed: the stream of a HEAD ends, or that of a GET does not.');
    process.exit(1);
  }
}
process.exit(0);
END
timeout 60 node see.js
timeout 60 node_modules/@deno/linux-x64-glibc/deno run -A see.js 2>/dev/null
