#!/usr/bin/env bash
# Versions: @hono/node-server 2.1.9, Node 20.20.2.
#
# One would guess: `new Response(body, { headers })` copies the headers, as the Fetch standard has it. One Headers
#   object of a module, for all JSON answers, can be given to each of them; and bytes without a type are sent without
#   a content-type.
#
# Behaviour: serve() puts a Response of its own into the global scope. It keeps the caller's Headers: what is added
#   to the headers of one response is added to all later ones made with that object, and a change of the object
#   after the constructor is sent. A body of bytes or a stream without headers is sent as
#   "text/plain; charset=UTF-8". A plain object as `headers` collects nothing, and neither does a Headers object
#   before serve() was called, for example in unit tests that use no server.
#
# Seen:
#   before serve(), three answers with one Headers object, x-count: 1 | 2 | 3
#   over HTTP, three answers with one Headers object, x-count: 1 | 1, 2 | 1, 2, 3
#   over HTTP, three answers with one plain object, x-count: 1 | 2 | 3
#   over HTTP, Headers changed after the constructor: x-version 2 (1 was given)
#   over HTTP, new Response(bytes): content-type text/plain; charset=UTF-8 (before serve(): null)
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @hono/node-server@2.1.9

cat >see.mjs <<'END'
import { once } from 'node:events';
import { serve } from '@hono/node-server';

let shared;
let count;
function counted() {
  const response = new Response('a', { headers: shared });
  count += 1;
  response.headers.append('x-count', String(count));
  return response;
}
function changed() {
  const headers = new Headers({ 'x-version': '1' });
  const response = new Response('a', { headers });
  headers.set('x-version', '2');
  return response;
}
const handlers = { '/counted': counted, '/changed': changed, '/bytes': () => new Response(new Uint8Array(3)) };
async function three(headers, ask) {
  shared = headers;
  count = 0;
  const values = [];
  for (let n = 0; n < 3; n += 1) values.push((await ask()).headers.get('x-count'));
  return values.join(' | ');
}
const json = { 'content-type': 'application/json' };
const before = await three(new Headers(json), counted);
const typeBefore = handlers['/bytes']().headers.get('content-type');

const server = serve({ fetch: (request) => handlers[new URL(request.url).pathname](), port: 0, hostname: '127.0.0.1' });
if (!server.listening) await once(server, 'listening');
const ask = (path) => fetch(`http://127.0.0.1:${server.address().port}${path}`);
const byHeaders = await three(new Headers(json), () => ask('/counted'));
const byObject = await three(json, () => ask('/counted'));
const version = (await ask('/changed')).headers.get('x-version');
const type = (await ask('/bytes')).headers.get('content-type');
console.log('before serve(), three answers with one Headers object, x-count:', before);
console.log('over HTTP, three answers with one Headers object, x-count:', byHeaders);
console.log('over HTTP, three answers with one plain object, x-count:', byObject);
console.log('over HTTP, Headers changed after the constructor: x-version', version, '(1 was given)');
console.log('over HTTP, new Response(bytes): content-type', type, `(before serve(): ${typeBefore})`);
server.close();
server.closeAllConnections();
const right = '1 | 2 | 3';
if (before !== right || byHeaders !== '1 | 1, 2 | 1, 2, 3' || byObject !== right || version !== '2' || !type || typeBefore) {
  console.error('Changed: the Response of the Node server copies Headers, or gives bytes no type.');
  process.exit(1);
}
END
timeout 30 node see.mjs
