#!/usr/bin/env bash
# Versions: vite 7.3.8 and 8.3.8, Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: new Worker(new URL('./worker.js', import.meta.url)) in a package works in `vite dev` if it
#   works in `vite build`, where both versions find the worker by this very pattern.
#
# Behaviour: the dev server of Vite 7 bundles the package into node_modules/.vite/deps and leaves the text
#   './worker.js' as it is, so the address points beside the bundle, where no worker is: 404, and an error event
#   without a message. Vite 8 rewrites the address. With 7 the package has to be named in optimizeDeps.exclude.
#
# Seen:
#   vite 7.3.8: /node_modules/.vite/deps/worker.js: error event, message undefined
#   vite 7.3.8, excluded: /node_modules/ticker/worker.js: runs
#   vite 8.3.8: /node_modules/ticker/worker.js: runs
set -euo pipefail
chromium="$(command -v "${CHROMIUM:-chromium}")" || { echo 'Chromium is missing: set CHROMIUM' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir ticker
cat >ticker/package.json <<'END'
{ "name": "ticker", "version": "1.0.0", "type": "module", "exports": "./index.js" }
END
cat >ticker/index.js <<'END'
export const address = new URL('./worker.js', import.meta.url).pathname;
export const start = () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
END
echo "postMessage('runs');" >ticker/worker.js
packed="$(npm pack --silent ./ticker)"

for version in 7.3.8 8.3.8; do
  mkdir "vite-$version"
  cd "vite-$version"
  echo '{"private":true,"type":"module"}' >package.json
  npm install --silent --ignore-scripts --no-audit --no-fund \
    "vite@$version" playwright-core@1.65.1 "../$packed"
  cat >index.html <<'END'
<!doctype html>
<title>page</title>
<script type="module">
  import { address, start } from 'ticker';
  globalThis.address = address;
  globalThis.outcome = new Promise((resolve) => {
    const worker = start();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(`error event, message ${message}`);
  });
</script>
END
  cat >see.mjs <<'END'
import { chromium } from 'playwright-core';
import { createServer, version } from 'vite';
const server = await createServer({
  server: { port: 0, host: '127.0.0.1' },
  logLevel: 'silent',
  optimizeDeps: { exclude: process.argv.slice(3) },
});
await server.listen();
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
await page.goto(server.resolvedUrls.local[0]);
await page.waitForFunction(() => globalThis.outcome);
const [address, outcome] = await page.evaluate(async () => [address, await outcome]);
const excluded = process.argv.length > 3 ? ', excluded' : '';
console.log(`vite ${version}${excluded}: ${address}: ${outcome}`);
await browser.close();
await server.close();
process.exit(0);
END
  timeout 60 node see.mjs "$chromium" | tee -a ../seen.txt
  if [ "$version" = 7.3.8 ]; then timeout 60 node see.mjs "$chromium" ticker | tee -a ../seen.txt; fi
  cd ..
done
if [ "$(grep -c ': runs$' seen.txt)" != 2 ] || ! grep -q '^vite 7.3.8: .*: error event' seen.txt; then
  echo 'Changed: the dev server of Vite 7 finds the worker, or that of Vite 8 does not.' >&2
  exit 1
fi
