#!/usr/bin/env bash
# Versions: Deno 2.9.6 (npm's deno, x86-64), ws 8.23.0 as the client, Node 20.20.2.
#
# One would guess: Deno.serve().shutdown() "gracefully" treats all upgraded WebSockets alike: either each gets a
#   close frame, or none.
#
# Behaviour: a socket whose client is silent gets 1001 "Server shutting down". One whose client is sending at
#   that moment is often cut: no close frame, 1006 at the client. So a test with quiet clients passes, and busy
#   ones see a crash. To say goodbye, close the sockets and wait for their close events before shutdown().
#
# Seen:
#   6 clients, silent: closed with {"1001 Server shutting down":6}
#   18 clients, sending: closed with {"1006":9,"1001 Server shutting down":9}
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund deno@2.9.6 ws@8.23.0

cat >server.js <<'END'
const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(port) }, (request) => {
  if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 404 });
  return Deno.upgradeWebSocket(request).response;
});
setTimeout(() => Deno.exit(1), 20_000);
await Deno.stdin.read(new Uint8Array(1));
await server.shutdown();
Deno.exit(0);
END
cat >see.js <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import WebSocket from 'ws';

const TRIES = { silent: 6, sending: 18 };
async function closeCode(isSending) {
  const server = spawn('node_modules/@deno/linux-x64-glibc/deno', ['run', '-A', 'server.js'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [port] = await once(server.stdout, 'data');
  const socket = new WebSocket(`ws://127.0.0.1:${Number(String(port))}/`);
  socket.on('error', () => undefined);
  await once(socket, 'open');
  const message = 'x'.repeat(200);
  const timer = isSending && setInterval(() => {
    for (let i = 0; i < 50 && socket.readyState === WebSocket.OPEN; i++) socket.send(message);
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  server.stdin.write('s');
  const [code, reason] = await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  clearInterval(timer);
  server.kill();
  return `${code} ${reason}`.trim();
}
const seen = { silent: {}, sending: {} };
for (const kind of Object.keys(seen)) {
  for (let i = 0; i < TRIES[kind]; i++) {
    const code = await closeCode(kind === 'sending');
    seen[kind][code] = (seen[kind][code] ?? 0) + 1;
  }
  console.log(`${TRIES[kind]} clients, ${kind}: closed with`, JSON.stringify(seen[kind]));
}
if (seen.silent['1001 Server shutting down'] !== TRIES.silent || !seen.sending['1006']) {
  console.error('Changed: shutdown() closes silent and busy sockets alike.');
  process.exit(1);
}
END
timeout 120 node see.js
