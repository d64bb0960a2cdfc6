#!/usr/bin/env bash
# Versions: Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1 (connects only; the browser runs without
#   its flags), Node 20.20.2. CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: localStorage.setItem() is synchronous, so it is at least as durable as a transaction of
#   IndexedDB of the default ("relaxed") durability that was written at the same time. If one of them is lost
#   with the browser, it is the latter.
#
# Behaviour: the other way round. Both are written, the transaction completes, two seconds pass, the browser's
#   processes are killed: IndexedDB has its value, localStorage does not. A session key in localStorage and data
#   in IndexedDB come apart at a crash.
#
# Seen:
#   Chromium 156.0.8078.114
#   before the kill: { localStorage: 'written', indexedDB: 'written' }
#   after the kill:  { localStorage: null, indexedDB: 'written' }
set -euo pipefail
chromium="$(command -v "${CHROMIUM:-chromium}")" || { echo 'Chromium is missing: set CHROMIUM' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund playwright-core@1.65.1

cat >see.mjs <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>page</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const running = new Set();
process.on('exit', () => running.forEach((pid) => process.kill(-pid, 'SIGKILL')));
process.on('SIGTERM', () => process.exit(1));

/** A browser in a process group of its own, on a profile that outlives it. */
async function start() {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-port=0'];
  const child = spawn(process.argv[2], [...flags, '--user-data-dir=profile', 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child.pid);
  let said = '';
  const address = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the browser ended: ${said}`)));
    child.stderr.on('data', (text) => {
      said += text;
      const found = /listening on (ws:\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
  });
  const browser = await chromium.connectOverCDP(address);
  const [context] = browser.contexts();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const kill = async () => {
    running.delete(child.pid);
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'close');
  };
  return { version: browser.version(), page, kill };
}
function open() {
  const request = indexedDB.open('store');
  request.onupgradeneeded = () => request.result.createObjectStore('values');
  return new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
}
async function write() {
  localStorage.setItem('key', 'written');
  const transaction = (await open()).transaction('values', 'readwrite');
  transaction.objectStore('values').put('written', 'key');
  await new Promise((resolve) => (transaction.oncomplete = resolve));
}
async function read() {
  const request = (await open()).transaction('values').objectStore('values').get('key');
  await new Promise((resolve) => (request.onsuccess = resolve));
  return { localStorage: localStorage.getItem('key'), indexedDB: request.result ?? null };
}
const run = (page, task) => page.evaluate(`(() => { ${open} ${read} ${write} return ${task.name}(); })()`);

const first = await start();
console.log('Chromium', first.version);
await run(first.page, write);
console.log('before the kill:', await run(first.page, read));
await new Promise((resolve) => setTimeout(resolve, 2000));
await first.kill();
const second = await start();
const seen = await run(second.page, read);
console.log('after the kill: ', seen);
await second.kill();
server.close();
server.closeAllConnections();
if (seen.localStorage !== null || seen.indexedDB !== 'written') {
  console.error('Changed: localStorage of two seconds ago survives, or IndexedDB does not.');
  process.exit(1);
}
process.exit(0);
END
timeout 90 node see.mjs "$chromium"
