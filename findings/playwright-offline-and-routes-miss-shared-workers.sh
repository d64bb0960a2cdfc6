#!/usr/bin/env bash
# Versions: playwright-core 1.65.1, Chromium 156.0.8078.114 of Debian 12, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: context.setOffline(true) takes the network from everything in the context, and
#   context.route() sees every request of it, as both are methods of the context and not of a page.
#
# Behaviour: neither reaches a SharedWorker. Its fetch goes to the real server while the context is offline
#   (its navigator.onLine, though, says false: half of the emulation arrives), and no route sees it. A test of
#   an offline mode that lives in a SharedWorker passes without having been offline.
#
# Seen:
#   Chromium 156.0.8078.114
#   online, page: from the server, navigator.onLine true
#   online, SharedWorker: from the server, navigator.onLine true
#   offline, page: no network, navigator.onLine false
#   offline, SharedWorker: from the server, navigator.onLine false
#   routed, page: from the route, navigator.onLine true
#   routed, SharedWorker: from the server, navigator.onLine true
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

const worker = `onconnect = ({ ports: [port] }) => {
  port.onmessage = async ({ data: url }) => {
    const text = await fetch(url).then((answer) => answer.text(), () => 'no network');
    port.postMessage({ text, onLine: navigator.onLine });
  };
};`;
const server = createServer(({ url }, response) => {
  const bodies = { '/worker.js': worker, '/data': 'from the server' };
  response.setHeader('content-type', url === '/worker.js' ? 'text/javascript' : 'text/html');
  response.setHeader('cache-control', 'no-store');
  response.end(bodies[url] ?? '<!doctype html><title>page</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
console.log('Chromium', browser.version());
const context = await browser.newContext();
const page = await context.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const ask = (who) =>
  page.evaluate(async (who) => {
    if (who === 'page') {
      const text = await fetch('/data').then((answer) => answer.text(), () => 'no network');
      return { text, onLine: navigator.onLine };
    }
    globalThis.shared ??= new SharedWorker('/worker.js');
    return new Promise((resolve) => {
      shared.port.onmessage = ({ data }) => resolve(data);
      shared.port.postMessage('/data');
    });
  }, who);
const seen = {};
async function look(when) {
  for (const who of ['page', 'SharedWorker']) {
    const { text, onLine } = await ask(who);
    seen[`${when}, ${who}`] = text;
    console.log(`${when}, ${who}: ${text}, navigator.onLine ${onLine}`);
  }
}
await look('online');
await context.setOffline(true);
await look('offline');
await context.setOffline(false);
await context.route('**/data', (route) => route.fulfill({ body: 'from the route' }));
await look('routed');
await browser.close();
server.close();
server.closeAllConnections();
const misses = ['offline', 'routed'].every(
  (when) => seen[`${when}, SharedWorker`] === 'from the server' && seen[`${when}, page`] !== 'from the server',
);
if (!misses) {
  console.error('Changed: offline or routes reach a SharedWorker now.');
  process.exit(1);
}
END
timeout 90 node see.mjs "$chromium"
