#!/usr/bin/env bash
# Versions: Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: a page compiles a WebAssembly.Module once and posts it to its SharedWorker, as to a Worker. If it
#   cannot be posted there, postMessage() throws DataCloneError, as put() of IndexedDB does.
#
# Behaviour: postMessage() succeeds, and the whole message is lost on the other side, also what else was in it: a
#   SharedWorker is another agent cluster, so the HTML standard has a "messageerror" event there, whose data is null.
#   The sender hears nothing, and most workers listen to "message" only. A Worker gets the module. (A
#   SharedWorker has to compile its own.)
#
# Seen:
#   Chromium 156.0.8078.114
#   Worker: message with name, module
#   SharedWorker: messageerror, data null
#   SharedWorker, without the module: message with name
#   the page: postMessage() threw nothing, events at the page none
#   IndexedDB: put() throws DataCloneError
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

const listen = `
  const listen = (port) => {
    port.onmessage = ({ data }) => port.postMessage('message with ' + Object.keys(data).join(', '));
    port.onmessageerror = ({ data }) => port.postMessage('messageerror, data ' + data);
  };`;
const scripts = { '/worker.js': `${listen} listen(self);`, '/shared.js': `${listen} onconnect = ({ ports }) => listen(ports[0]);` };
const server = createServer(({ url }, response) => {
  response.setHeader('content-type', url in scripts ? 'text/javascript' : 'text/html');
  response.end(scripts[url] ?? '<!doctype html><title>page</title>');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
console.log('Chromium', browser.version());
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const seen = await page.evaluate(async () => {
  const name = 'core';
  const module = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])); // an empty one
  const events = [];
  function post(worker, port, message) {
    return new Promise((resolve, reject) => {
      for (const target of [worker, port]) {
        for (const type of ['error', 'messageerror']) target.addEventListener(type, () => events.push(type));
      }
      port.onmessage = ({ data }) => resolve(data);
      port.postMessage(message);
      setTimeout(reject, 5000, new Error('no answer'));
    });
  }
  const worker = new Worker('/worker.js');
  const shared = new SharedWorker('/shared.js');
  const lines = {
    Worker: await post(worker, worker, { name, module }),
    SharedWorker: await post(shared, shared.port, { name, module }),
    'SharedWorker, without the module': await post(shared, shared.port, { name }),
  };
  lines['the page'] = `postMessage() threw nothing, events at the page ${events.join() || 'none'}`;
  const opening = indexedDB.open('database', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('store');
  await new Promise((resolve) => (opening.onsuccess = resolve));
  try {
    opening.result.transaction('store', 'readwrite').objectStore('store').put(module, 'key');
    lines.IndexedDB = 'put() takes it';
  } catch (error) {
    lines.IndexedDB = `put() throws ${error.name}`;
  }
  return lines;
});
for (const [title, text] of Object.entries(seen)) console.log(`${title}: ${text}`);
await browser.close();
server.close();
if (seen.SharedWorker !== 'messageerror, data null' || !seen.Worker.includes('module') || !seen['the page'].endsWith('none')) {
  console.error('Changed: a SharedWorker gets the module, or the page hears that it does not.');
  process.exit(1);
}
process.exit(0);
END
timeout 60 node see.mjs "$chromium"
