#!/usr/bin/env bash
# Versions: Bun 1.4.5 (npm's @oven/bun-linux-x64), Node 20.20.2 for comparison.
#
# One would guess: fetch(url, { method: 'POST', body: 'text' }) sends content-type: text/plain;charset=UTF-8, and
#   new Request() and new Response() of a text have that header, as the Fetch standard says ("extract a body").
#
# Behaviour: in Bun a text as the body brings no content-type, neither to the objects nor to a request on the wire.
#   URLSearchParams and Blobs do bring theirs. A server that wants text/plain refuses the request of Bun only, and
#   code that asks response.headers what is in a response finds nothing, though Bun.serve adds a type as it sends.
#
# Seen:
#   Node, a text: Response text/plain;charset=UTF-8 | Request text/plain;charset=UTF-8 | received text/plain;charset=UTF-8
#   Node, URLSearchParams: Response application/x-www-form-urlencoded;charset=UTF-8 | Request … | received …
#   Bun, a text: Response null | Request null | received null
#   Bun, URLSearchParams: Response application/x-www-form-urlencoded;charset=UTF-8 | Request … | received …
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @oven/bun-linux-x64@1.4.5

cat >see.mjs <<'END'
import { once } from 'node:events';
import { createServer } from 'node:http';

const name = 'Bun' in globalThis ? 'Bun' : 'Node';
const server = createServer((request, response) => {
  request.resume();
  response.end(JSON.stringify(request.headers['content-type'] ?? null));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
const seen = [];
for (const [title, body] of [['a text', 'a=1'], ['URLSearchParams', new URLSearchParams('a=1')]]) {
  const init = { method: 'POST', body };
  const types = [
    new Response(body).headers.get('content-type'),
    new Request(url, init).headers.get('content-type'),
    await (await fetch(url, init)).json(),
  ];
  const short = types.map((type, n) => (n > 0 && type === types[0] && title !== 'a text' ? '…' : type));
  console.log(`${name}, ${title}: Response ${short[0]} | Request ${short[1]} | received ${short[2]}`);
  seen.push(types.every((type) => type !== null), types.every((type) => type === null));
}
server.close();
server.closeAllConnections();
const isText = name === 'Node';
if (seen.join() !== [isText, !isText, true, false].join()) {
  console.error('Changed: Bun gives texts a type, or Node does not.');
  process.exit(1);
}
process.exit(0);
END
timeout 20 node see.mjs
timeout 20 node_modules/@oven/bun-linux-x64/bin/bun see.mjs
