#!/usr/bin/env bash
# Versions: Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: the headers that make a page cross-origin isolated (COOP and COEP) make it faster if
#   anything: finer clocks, SharedArrayBuffer. Its SharedWorker, of the same origin and with the same headers,
#   is where it always was.
#
# Behaviour: an isolated page's SharedWorker runs in a process of its own, that of a plain page in the page's
#   process. A message there and back takes longer (1.5 to 3 times as long in several runs). The worker itself is
#   not isolated (crossOriginIsolated is false in it), although its script has both headers.
#
# Seen:
#   Chromium 156.0.8078.114
#   plain: crossOriginIsolated {"page":false,"worker":false} | renderer processes 3 | there and back 0.049 ms (median)
#   isolated: crossOriginIsolated {"page":true,"worker":false} | renderer processes 4 | there and back 0.076 ms (median)
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

const worker = 'onconnect = ({ ports: [port] }) => (port.onmessage = () => port.postMessage(crossOriginIsolated));';
const server = createServer(({ url }, response) => {
  if (url.startsWith('/isolated')) {
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
  }
  const isScript = url.endsWith('.js');
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? worker : '<!doctype html><title>page</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

async function startWorker() {
  const { port } = new SharedWorker(`${location.pathname}.js`);
  globalThis.ask = () =>
    new Promise((resolve) => {
      port.onmessage = ({ data }) => resolve(data);
      port.postMessage('hello');
    });
  return { page: crossOriginIsolated, worker: await ask() };
}
async function messageTime() {
  const times = [];
  for (let round = 0; round < 41; round++) {
    const start = performance.now();
    for (let i = 0; i < 100; i++) await ask();
    times.push((performance.now() - start) / 100);
  }
  return times.sort((a, b) => a - b)[20];
}
const seen = {};
for (const kind of ['plain', 'isolated']) {
  const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
  if (kind === 'plain') console.log('Chromium', browser.version());
  const devtools = await browser.newBrowserCDPSession();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/${kind}`);
  const isolated = await page.evaluate(startWorker);
  const milliseconds = await page.evaluate(messageTime);
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const processes = processInfo.filter(({ type }) => type === 'renderer').length;
  seen[kind] = { processes, milliseconds, isolated };
  console.log(`${kind}: crossOriginIsolated`, JSON.stringify(isolated), `| renderer processes ${processes}`,
    `| there and back ${milliseconds.toFixed(3)} ms (median)`);
  await browser.close();
}
server.close();
server.closeAllConnections();
const { plain, isolated } = seen;
if (isolated.processes !== plain.processes + 1 || !isolated.isolated.page || isolated.isolated.worker) {
  console.error('Changed: the SharedWorker of an isolated page is in the process of the page, or isolated too.');
  process.exit(1);
}
END
timeout 90 node see.mjs "$chromium"
