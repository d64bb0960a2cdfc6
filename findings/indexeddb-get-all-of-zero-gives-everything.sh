#!/usr/bin/env bash
# Versions: Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: store.getAll(range, count) gives at most `count` records, so 0 gives none, as LIMIT 0 in SQL.
#
# Behaviour: 0 stands for "no limit": getAll(), getAllKeys() and those of an index give everything there is. The
#   last step of `getAll(range, wanted - have)`, or a page of size 0, loads the whole store into memory. (The
#   IndexedDB standard has it so.) -1, NaN and 2 ** 32 throw.
#
# Seen (1,000 records):
#   Chromium 156.0.8078.114
#   getAll(null, 2): 2, getAllKeys(null, 2): 2, of an index: 2
#   getAll(null, 1): 1, getAllKeys(null, 1): 1, of an index: 1
#   getAll(null, 0): 1000, getAllKeys(null, 0): 1000, of an index: 1000
set -euo pipefail
chromium="$(command -v "${CHROMIUM:-chromium}")" || { echo 'Chromium is missing: set CHROMIUM' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund playwright-core@1.65.1

cat >see.mjs <<'END'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
console.log('Chromium', browser.version());
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const seen = await page.evaluate(async () => {
  const opening = indexedDB.open('database', 1);
  opening.onupgradeneeded = () => {
    const store = opening.result.createObjectStore('store');
    store.createIndex('name', 'name');
    for (let key = 0; key < 1000; key += 1) store.put({ name: `n${key}` }, key);
  };
  await new Promise((resolve) => (opening.onsuccess = resolve));
  const store = () => opening.result.transaction('store').objectStore('store');
  const length = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result.length)));
  const rows = [];
  for (const count of [2, 1, 0]) {
    rows.push([
      count,
      await length(store().getAll(null, count)),
      await length(store().getAllKeys(null, count)),
      await length(store().index('name').getAll(null, count)),
    ]);
  }
  return rows;
});
for (const [count, all, keys, index] of seen) {
  console.log(`getAll(null, ${count}): ${all}, getAllKeys(null, ${count}): ${keys}, of an index: ${index}`);
}
await browser.close();
server.close();
if (seen.flat().join() !== '2,2,2,2,1,1,1,1,0,1000,1000,1000') {
  console.error('Changed: a count of 0 gives another number of records.');
  process.exit(1);
}
process.exit(0);
END
timeout 60 node see.mjs "$chromium"
