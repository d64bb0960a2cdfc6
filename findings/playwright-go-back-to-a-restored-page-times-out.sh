#!/usr/bin/env bash
# Versions: playwright-core 1.65.1, Chromium 156.0.8078.114 of Debian 12, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: page.goBack() resolves as soon as the page before is there, the quicker the better, and a page
#   out of the back/forward cache is there at once.
#
# Behaviour: it waits for a load event, which a restored page does not have again. goBack() ends with a
#   TimeoutError although the page is back, alive and at the right address (Playwright switches that cache off by
#   default). With `waitUntil: 'commit'` it resolves, and history.back() from within the page works too.
#
# Seen:
#   Chromium 156.0.8078.114
#   cache off, goBack until load: resolves, /first, loaded anew
#   cache off, goBack until commit: resolves, /first, loaded anew
#   cache on, goBack until load: TimeoutError, /first, restored
#   cache on, goBack until commit: resolves, /first, restored
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
const seen = {};
for (const cache of ['off', 'on']) {
  const browser = await chromium.launch({
    executablePath: process.argv[2],
    args: ['--no-sandbox', '--disable-gpu'],
    ignoreDefaultArgs: cache === 'on' ? ['--disable-back-forward-cache'] : [],
  });
  if (cache === 'off') console.log('Chromium', browser.version());
  for (const waitUntil of ['load', 'commit']) {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/first`);
    await page.evaluate(() => (globalThis.isOldPage = true));
    await page.goto(`http://localhost:${port}/second`);
    const outcome = await page.goBack({ waitUntil, timeout: 5000 }).then(
      () => 'resolves',
      ({ name }) => name,
    );
    const state = await page.evaluate(() => [location.pathname, globalThis.isOldPage ? 'restored' : 'loaded anew']);
    seen[`${cache} ${waitUntil}`] = [outcome, ...state].join(', ');
    console.log(`cache ${cache}, goBack until ${waitUntil}:`, seen[`${cache} ${waitUntil}`]);
    await page.close();
  }
  await browser.close();
}
server.close();
server.closeAllConnections();
if (seen['on load'] !== 'TimeoutError, /first, restored' || !seen['off load'].startsWith('resolves')) {
  console.error('Changed: goBack() resolves when the page is restored.');
  process.exit(1);
}
END
timeout 90 node see.mjs "$chromium"
