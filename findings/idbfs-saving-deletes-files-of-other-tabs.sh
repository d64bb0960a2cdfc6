#!/usr/bin/env bash
# Versions: pyodide 314.0.7 (it brings Emscripten's IDBFS), Chromium 156.0.8078.114 of Debian 12,
#   playwright-core 1.65.1, Node 20.20.2. CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: FS.syncfs(false) saves to IndexedDB what this page has changed. Two tabs that write files of
#   different names into one mount end with both files, as two processes on one folder do.
#
# Behaviour: saving makes the database equal to this page's memory. Files that are not in it are deleted, also
#   those that another tab saved a moment before, without an error in either tab. The other tab still sees its
#   file, until it loads (syncfs(true)): then the file goes from its memory too.
#
# Seen:
#   Chromium 156.0.8078.114
#   each of two tabs has saved a file; a third tab loads: second.txt
#   the first tab has in memory: first.txt
#   the first tab, after it has loaded, has: second.txt
set -euo pipefail
chromium="$(command -v "${CHROMIUM:-chromium}")" || { echo 'Chromium is missing: set CHROMIUM' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund playwright-core@1.65.1 pyodide@314.0.7

cat >see.mjs <<'END'
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { chromium } from 'playwright-core';

const types = { '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json', '': 'text/html' };
const server = createServer(({ url }, response) => {
  response.setHeader('content-type', types[extname(url)] ?? 'application/octet-stream');
  const file = `node_modules/pyodide${url}`;
  response.end(url !== '/' && existsSync(file) ? readFileSync(file) : '<!doctype html><title>page</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
console.log('Chromium', browser.version());
const context = await browser.newContext();

async function openTab() {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(async () => {
    const { loadPyodide } = await import('/pyodide.mjs');
    const { FS } = await loadPyodide({ indexURL: '/' });
    FS.mkdir('/notes');
    FS.mount(FS.filesystems.IDBFS, {}, '/notes');
    globalThis.FS = FS;
    globalThis.sync = (isLoading) =>
      new Promise((resolve, reject) => FS.syncfs(isLoading, (error) => (error ? reject(error) : resolve())));
    await sync(true);
  });
  const list = () => page.evaluate(() => FS.readdir('/notes').slice(2).join(' ') || 'nothing');
  const save = (name) =>
    page.evaluate(async (name) => {
      FS.writeFile(`/notes/${name}`, 'text');
      await sync(false);
    }, name);
  return { list, save, load: () => page.evaluate(() => sync(true)) };
}
const first = await openTab();
const second = await openTab();
await first.save('first.txt');
await second.save('second.txt');
const third = await openTab();
const stored = await third.list();
console.log('each of two tabs has saved a file; a third tab loads:', stored);
console.log('the first tab has in memory:', await first.list());
await first.load();
console.log('the first tab, after it has loaded, has:', await first.list());
await browser.close();
server.close();
server.closeAllConnections();
if (stored !== 'second.txt') {
  console.error('Changed: the save of one tab leaves the files of another tab alone.');
  process.exit(1);
}
END
timeout 120 node see.mjs "$chromium"
