#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), Node 20.20.2.
#
# One would guess: new Response(gzippedBytes, { headers: { 'content-encoding': 'gzip' } }) sends these bytes,
#   as it does in Node, Deno and Bun. The header says what the body is.
#
# Behaviour: in workerd the header is an order. The runtime compresses the body by itself, so bytes that are
#   gzip already go out gzipped twice, under one `content-encoding: gzip`. A client that unpacks once gets
#   gzip. `encodeBody: 'manual'`, which is no member of the web's ResponseInit, says that it is done.
#
# Seen:
#   /plain | content-encoding: gzip | 30 bytes given, 47 came | unpacked once: gzip again; twice: 300 bytes
#   /manual | content-encoding: gzip | 30 bytes given, 30 came | unpacked once: 300 bytes
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0

cat >see.mjs <<'END'
import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Miniflare } from 'miniflare';

const script = `
  export default {
    async fetch(request) {
      const packed = new Response('hello '.repeat(50)).body.pipeThrough(new CompressionStream('gzip'));
      const body = await new Response(packed).arrayBuffer();
      const isManual = new URL(request.url).pathname === '/manual';
      const headers = { 'content-encoding': 'gzip', 'x-bytes': String(body.byteLength) };
      return new Response(body, { headers, ...(isManual && { encodeBody: 'manual' }) });
    },
  };`;
const miniflare = new Miniflare({ modules: true, script, compatibilityDate: '2026-04-20', host: '127.0.0.1' });
const url = await miniflare.ready;
async function ask(path) {
  const response = await new Promise((resolve, reject) =>
    get(new URL(path, url), { headers: { 'accept-encoding': 'gzip' } }, resolve).on('error', reject),
  );
  const body = Buffer.concat(await response.toArray());
  const once = gunzipSync(body);
  const isTwice = once[0] === 0x1f && once[1] === 0x8b;
  console.log(path, '| content-encoding:', response.headers['content-encoding'],
    `| ${response.headers['x-bytes']} bytes given, ${body.length} came |`,
    isTwice ? `unpacked once: gzip again; twice: ${gunzipSync(once).length} bytes` : `unpacked once: ${once.length} bytes`);
  return isTwice;
}
const plain = await ask('/plain');
const manual = await ask('/manual');
await miniflare.dispose();
if (!plain || manual) {
  console.error('Changed: workerd sends a body with content-encoding as it is.');
  process.exit(1);
}
END
timeout 60 node see.mjs
