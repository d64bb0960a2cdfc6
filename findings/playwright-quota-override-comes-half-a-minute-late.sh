#!/usr/bin/env bash
# Versions: playwright-core 1.65.1, Chromium 156.0.8078.114 of Debian 12, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: when the DevTools command Storage.overrideQuotaForOrigin has answered, the quota holds: the
#   next write beyond it fails with QuotaExceededError.
#
# Behaviour: for an origin that has asked for space before, Chromium goes on with the quota that it knew for about
#   half a minute. navigator.storage.estimate() shows the old one and transactions of IndexedDB beyond the new
#   one complete. An origin whose quota is set before its first use of storage has it at once.
#
# Seen:
#   Chromium 156.0.8078.114
#   a new origin, limited to 1 MiB, 5 MiB written at once: QuotaExceededError
#   a used origin, limited to 1 MiB, 5 MiB written after 0 s: complete
#   a used origin, limited to 1 MiB, 5 MiB written after 8 s: complete
#   a used origin, limited to 1 MiB, 5 MiB written after 16 s: complete
#   a used origin, limited to 1 MiB, 5 MiB written after 24 s: complete
#   a used origin, limited to 1 MiB, 5 MiB written after 32 s: QuotaExceededError
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
const { port } = server.address();
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
console.log('Chromium', browser.version());

async function open(host) {
  const page = await (await browser.newContext()).newPage();
  const origin = `http://${host}:${port}`;
  const devtools = await page.context().newCDPSession(page);
  await page.goto(`${origin}/`);
  return {
    limit: () => devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 << 20 }),
    write: (mebibytes) => page.evaluate(write, mebibytes),
  };
}
async function write(mebibytes) {
  const request = indexedDB.open('store');
  request.onupgradeneeded = () => request.result.createObjectStore('parts', { autoIncrement: true });
  await new Promise((resolve) => (request.onsuccess = resolve));
  const transaction = request.result.transaction('parts', 'readwrite');
  const part = new Uint8Array(1 << 20);
  for (let at = 0; at < part.length; at += 65536) crypto.getRandomValues(part.subarray(at, at + 65536));
  for (let i = 0; i < mebibytes; i++) transaction.objectStore('parts').add(part);
  const outcome = await new Promise((resolve) => {
    transaction.oncomplete = () => resolve('complete');
    transaction.onabort = () => resolve(transaction.error.name);
  });
  request.result.close();
  return outcome;
}

const fresh = await open('localhost');
await fresh.limit();
const atOnce = await fresh.write(5);
console.log('a new origin, limited to 1 MiB, 5 MiB written at once:', atOnce);

const used = await open('127.0.0.1');
await used.write(1);
await used.limit();
const start = Date.now();
let refusedAfter = null;
while (refusedAfter === null && Date.now() - start < 60_000) {
  const outcome = await used.write(5);
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(`a used origin, limited to 1 MiB, 5 MiB written after ${seconds} s: ${outcome}`);
  if (outcome === 'QuotaExceededError') refusedAfter = seconds;
  else await new Promise((resolve) => setTimeout(resolve, 8000));
}
await browser.close();
server.close();
server.closeAllConnections();
if (atOnce !== 'QuotaExceededError' || refusedAfter === null || refusedAfter < 8) {
  console.error('Changed: the override does not come late any more, or not at all.');
  process.exit(1);
}
END
timeout 120 node see.mjs "$chromium"
