#!/usr/bin/env bash
# Versions: Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: store.put(heap.subarray(0, 16)) stores 16 bytes, as fetch, Blob and WebSocket send the view's
#   bytes only.
#
# Behaviour: IndexedDB (structured clone, as the HTML standard has it) stores the whole ArrayBuffer behind the
#   view: 16 bytes out of 32 MiB of WebAssembly memory take 32 MiB of the origin's quota, take far
#   longer, and the array that is read back looks right (length 16) while its .buffer has everything that was in the
#   memory. Only .slice() stores what it shows.
#
# Seen:
#   Chromium 156.0.8078.114
#   put(heap.subarray(0, 16)): {"length":16,"bytes behind it":33554432,"quota used":33587200,"milliseconds":646}
#   put(heap.slice(0, 16)): {"length":16,"bytes behind it":16,"quota used":0,"milliseconds":1}
set -euo pipefail
chromium="$(command -v "${CHROMIUM:-chromium}")" || { echo 'Chromium is missing: set CHROMIUM' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund playwright-core@1.65.1

cat >see.mjs <<'END'
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>page</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
console.log('Chromium', browser.version());
async function store(isSliced) {
  const { buffer } = new WebAssembly.Memory({ initial: 512 });
  const heap = new Uint8Array(buffer);
  for (let at = 0; at < heap.length; at += 65536) crypto.getRandomValues(heap.subarray(at, at + 65536));
  const bytes = isSliced ? heap.slice(0, 16) : heap.subarray(0, 16);

  const request = indexedDB.open('store');
  request.onupgradeneeded = () => request.result.createObjectStore('parts');
  await new Promise((resolve) => (request.onsuccess = resolve));
  const database = request.result;
  const used = async () => (await navigator.storage.estimate()).usage;
  const before = await used();
  const start = performance.now();
  const transaction = database.transaction('parts', 'readwrite');
  transaction.objectStore('parts').put(bytes, 'part');
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  const milliseconds = Math.round(performance.now() - start);
  const reading = database.transaction('parts').objectStore('parts').get('part');
  await new Promise((resolve) => (reading.onsuccess = resolve));
  const { length, buffer: behind } = reading.result;
  return { length, 'bytes behind it': behind.byteLength, 'quota used': (await used()) - before, milliseconds };
}
const seen = {};
for (const isSliced of [false, true]) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const name = isSliced ? 'slice' : 'subarray';
  seen[name] = await page.evaluate(store, isSliced);
  console.log(`put(heap.${name}(0, 16)):`, JSON.stringify(seen[name]));
}
await browser.close();
server.close();
server.closeAllConnections();
if (seen.subarray['bytes behind it'] !== 32 << 20 || seen.slice['bytes behind it'] !== 16) {
  console.error('Changed: a view is stored by its own bytes.');
  process.exit(1);
}
END
timeout 90 node see.mjs "$chromium"
