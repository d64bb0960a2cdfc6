#!/usr/bin/env bash
# Versions: Bun 1.4.5 (npm's @oven/bun-linux-x64); Deno 2.9.6 (npm's deno) and @hono/node-server 2.1.9 on
#   Node 20.20.2 for comparison. x86-64.
#
# One would guess: a fetch handler that forgets to return a Response is a fault of the server, so the client gets a
#   500, and the handler for errors is asked.
#
# Behaviour: Bun.serve answers with success: 200 and "Welcome to Bun! …" in development, 204 without a body in
#   production. A client takes the write that met this branch for done, and no monitoring of status codes sees
#   it. The `error` handler is not called. A handler that throws does get a 500.
#
# Seen:
#   Node: returns nothing: 500 | throws: 500
#   Deno: returns nothing: 500 | throws: 500
#   Bun, development: returns nothing: 200 "Welcome to Bun! To get started, return a Response object." | throws: 500 | error handler called for: throws
#   Bun, production: returns nothing: 204 | throws: 500 | error handler called for: throws
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund \
  @oven/bun-linux-x64@1.4.5 deno@2.9.6 @hono/node-server@2.1.9

cat >see.mjs <<'END'
import { once } from 'node:events';
import process from 'node:process';

console.error = () => undefined; // the runtimes' own reports
const called = [];
const paths = ['/nothing', '/throws'];
const fetchHandler = (request) => {
  if (new URL(request.url).pathname === '/throws') throw new Error('thrown');
};
const base = { port: 0, hostname: '127.0.0.1' };
let name;
let port;
if ('Bun' in globalThis) {
  const development = process.env.NODE_ENV !== 'production';
  name = `Bun, ${development ? 'development' : 'production'}`;
  const error = ({ message }) => {
    called.push(message === 'thrown' ? 'throws' : message);
    return new Response(null, { status: 500 });
  };
  ({ port } = Bun.serve({ ...base, development, fetch: fetchHandler, error }));
} else if ('Deno' in globalThis) {
  name = 'Deno';
  ({ port } = Deno.serve({ ...base, onListen() {} }, fetchHandler).addr);
} else {
  name = 'Node';
  const { serve } = await import('@hono/node-server');
  const server = serve({ ...base, fetch: fetchHandler });
  if (!server.listening) await once(server, 'listening');
  ({ port } = server.address());
}
const outcomes = [];
const statuses = [];
for (const path of paths) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  const text = await response.text();
  statuses.push(response.status);
  const what = path === '/throws' ? 'throws' : 'returns nothing';
  outcomes.push(`${what}: ${response.status}${text.startsWith('Welcome') ? ` "${text}"` : ''}`);
}
if (name.startsWith('Bun')) outcomes.push(`error handler called for: ${called.join(', ')}`);
console.log(`${name}: ${outcomes.join(' | ')}`);
const expected = { 'Bun, development': '200,500', 'Bun, production': '204,500' }[name] ?? '500,500';
if (statuses.join() !== expected) {
  console.log('Changed: another status where the handler returns nothing or throws.');
  process.exit(1);
}
process.exit(0);
END
timeout 20 node see.mjs
timeout 20 node_modules/@deno/linux-x64-glibc/deno run -A see.mjs 2>/dev/null
bun=node_modules/@oven/bun-linux-x64/bin/bun
timeout 20 "$bun" see.mjs 2>/dev/null
NODE_ENV=production timeout 20 "$bun" see.mjs 2>/dev/null
