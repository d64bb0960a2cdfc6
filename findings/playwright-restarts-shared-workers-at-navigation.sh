#!/usr/bin/env bash
# Versions: playwright-core 1.65.1, Chromium 156.0.8078.114 of Debian 12, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: a page that a test drives lives as it does at a user's: when the only tab goes to another
#   page of the same site, a SharedWorker of the first page ends, or goes on, as in the browser by itself.
#
# Behaviour: Playwright launches Chromium with --disable-back-forward-cache. Without that flag the page that was
#   left waits in the cache and keeps its SharedWorker, and the next page meets the same worker with its state.
#   With it each navigation starts a new worker. Tests therefore never meet a worker that outlives a navigation,
#   a page that comes back, or messages to a page that is frozen, all of which users have.
#   `ignoreDefaultArgs` with that one flag brings the browser's own behaviour.
#
# Seen:
#   Chromium 156.0.8078.114
#   Playwright's flags:  pages that the worker has met: 1, 1, 1
#   without that flag:   pages that the worker has met: 1, 2, 3
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

const worker = `let pages = 0;
  onconnect = ({ ports: [port] }) => port.postMessage((pages += 1));`;
const server = createServer(({ url }, response) => {
  const isScript = url.endsWith('.js');
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? worker : '<!doctype html><title>page</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const site = `http://127.0.0.1:${server.address().port}`;
const pagesOfWorker = () =>
  new Promise((resolve) => (new SharedWorker('/worker.js').port.onmessage = ({ data }) => resolve(data)));

const seen = [];
for (const ignored of [[], ['--disable-back-forward-cache']]) {
  const browser = await chromium.launch({
    executablePath: process.argv[2],
    args: ['--no-sandbox', '--disable-gpu'],
    ignoreDefaultArgs: ignored,
  });
  if (seen.length === 0) console.log('Chromium', browser.version());
  const page = await browser.newPage();
  const counts = [];
  for (const name of ['one', 'two', 'three']) {
    await page.goto(`${site}/${name}.html`);
    counts.push(await page.evaluate(pagesOfWorker));
  }
  await browser.close();
  seen.push(counts.join());
  console.log(ignored.length ? 'without that flag:  ' : "Playwright's flags: ", 'pages that the worker has met:', counts.join(', '));
}
server.close();
server.closeAllConnections();
if (seen[0] !== '1,1,1' || seen[1] !== '1,2,3') {
  console.error('Changed: the worker lives equally long with and without the flag.');
  process.exit(1);
}
END
timeout 90 node see.mjs "$chromium"
