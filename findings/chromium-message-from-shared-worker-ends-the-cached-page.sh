#!/usr/bin/env bash
# Versions: Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1 (without its flag that switches the
#   back/forward cache off), Node 20.20.2. CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: a page in the back/forward cache is frozen, so a message that a SharedWorker posts to it
#   waits in the port until the page comes back, as it waits for a page that is busy.
#
# Behaviour: it depends on whether another tab is open. With one tab the worker is frozen together with its
#   page, its answer is not sent before both come back, and the page is restored. With a second tab of the site
#   the worker runs on, and its first message throws the page out of the cache (notRestoredReasons:
#   "sharedworker-message"): "back" loads it anew. The late answer to a last "flush" that the page sends on
#   pagehide is enough. Tests with one tab do not show it.
#
# Seen:
#   Chromium 156.0.8078.114
#   silent: {"path":"/silent","isRestored":true,"reasons":""}
#   answered: {"path":"/answered","isRestored":true,"reasons":""}
#   answered, second tab: {"path":"/answered","isRestored":false,"reasons":"sharedworker-message"}
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
  port.onmessage = ({ data: isAnswered }) => isAnswered && setTimeout(() => port.postMessage('flushed'), 300);
};`;
const pageOf = (isAnswered) => `<!doctype html><title>page</title><script>
  const { port } = new SharedWorker('/worker.js');
  port.start();
  addEventListener('pagehide', () => port.postMessage(${isAnswered}));
</script>`;
const bodies = { '/silent': pageOf(false), '/answered': pageOf(true), '/worker.js': worker };
const server = createServer(({ url }, response) => {
  response.setHeader('content-type', url === '/worker.js' ? 'text/javascript' : 'text/html');
  response.end(bodies[url] ?? '<!doctype html><title>elsewhere</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu'],
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
});
console.log('Chromium', browser.version());
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const seen = {};
for (const name of ['silent', 'answered', 'answered, second tab']) {
  const context = await browser.newContext();
  if (name.endsWith('second tab')) await (await context.newPage()).goto(`http://127.0.0.1:${port}/silent`);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${port}/${name.split(',')[0]}`);
  await page.evaluate(() => (globalThis.isOldPage = true));
  await sleep(500);
  await page.goto(`http://localhost:${port}/elsewhere`);
  await sleep(1500);
  await page.evaluate(() => void setTimeout(() => history.back(), 50));
  await sleep(1500);
  seen[name] = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation');
    const reasons = navigation.notRestoredReasons?.reasons.map(({ reason }) => reason) ?? [];
    return { path: location.pathname, isRestored: globalThis.isOldPage === true, reasons: reasons.join() };
  });
  console.log(`${name}:`, JSON.stringify(seen[name]));
}
await browser.close();
server.close();
server.closeAllConnections();
const late = seen['answered, second tab'];
if (!seen.silent.isRestored || !seen.answered.isRestored || late.reasons !== 'sharedworker-message') {
  console.error('Changed: a message of a SharedWorker does not decide any more whether a page is restored.');
  process.exit(1);
}
END
timeout 90 node see.mjs "$chromium"
