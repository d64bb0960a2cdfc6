#!/usr/bin/env bash
# Versions: Node 20.20.2, undici 7.24.8; Deno 2.9.6 (npm's deno) and Bun 1.4.5 (npm's @oven/bun-linux-x64) for
#   comparison. x86-64.
#
# One would guess: fetch() unpacks a body with content-encoding: gzip as zlib does, which says "unexpected end of file"
#   when the rest is missing. gzip has a length and a checksum at its end.
#
# Behaviour: Node and undici unpack what there is and resolve: text() gives half of the text, with 200 and without an
#   error, for gzip, deflate and Brotli. It needs a body that HTTP itself does not know to be cut: one whose chunks
#   end properly (the server's source failed before its compressor), or one that ends with the connection. Deno and
#   Bun refuse both. JSON would fail when it is parsed; lines and CSV do not.
#
# Seen (half of a packed text of 31,890 characters is sent):
#   zlib.gunzipSync() of the half: unexpected end of file
#   Node: chunks that end properly: 200, 15132 characters | connection: close: 200, 15132 characters
#   undici: chunks that end properly: 200, 15132 characters | connection: close: 200, 15132 characters
#   Deno: chunks that end properly: TypeError | connection: close: TypeError
#   Bun: chunks that end properly: TypeError | connection: close: TypeError
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund undici@7.24.8 deno@2.9.6 @oven/bun-linux-x64@1.4.5

cat >see.mjs <<'END'
import { once } from 'node:events';
import { createServer } from 'node:net';
import process from 'node:process';
import { gunzipSync, gzipSync } from 'node:zlib';

const lines = Array.from({ length: 3000 }, (_, n) => `{"n":${n}}\n`).join('');
const packed = gzipSync(lines);
const half = packed.subarray(0, packed.length >> 1);
const chunk = [`${half.length.toString(16)}\r\n`, half, '\r\n0\r\n\r\n'];
const bodies = {
  '/chunks': ['Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n', ...chunk],
  '/close': ['Connection: close\r\n\r\n', half],
};
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', (request) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n');
    for (const part of bodies[String(request).split(' ')[1]]) socket.write(part);
    socket.end();
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
const runtime = 'Bun' in globalThis ? 'Bun' : 'Deno' in globalThis ? 'Deno' : 'Node';
const fetches = { [runtime]: fetch };
if (runtime === 'Node') {
  fetches.undici = (await import('undici')).fetch;
  try {
    gunzipSync(half);
  } catch ({ message }) {
    console.log('zlib.gunzipSync() of the half:', message);
  }
}
async function ask(get, path) {
  try {
    const response = await get(`${url}${path}`);
    return `${response.status}, ${(await response.text()).length} characters`;
  } catch (error) {
    return error.name;
  }
}
let isTaken = true;
for (const [name, get] of Object.entries(fetches)) {
  const seen = [await ask(get, '/chunks'), await ask(get, '/close')];
  console.log(`${name}: chunks that end properly: ${seen[0]} | connection: close: ${seen[1]}`);
  isTaken &&= seen.every((text) => text.startsWith('200, ')) === (runtime === 'Node');
}
if (!isTaken) {
  console.log('Changed: half of a gzip is refused by Node, or taken elsewhere.');
  process.exit(1);
}
process.exit(0);
END
timeout 30 node see.mjs
timeout 30 node_modules/@deno/linux-x64-glibc/deno run -A see.mjs
timeout 30 node_modules/@oven/bun-linux-x64/bin/bun see.mjs 2>/dev/null
