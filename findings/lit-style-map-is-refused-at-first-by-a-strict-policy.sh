#!/usr/bin/env bash
# Versions: lit 3.3.3, Chromium 156.0.8078.114 of Debian 12, playwright-core 1.65.1, Node 20.20.2.
#   CHROMIUM names the browser where it is not `chromium`.
#
# One would guess: styleMap() sets properties of element.style, which a Content Security Policy without
#   'unsafe-inline' allows. Either it works under a strict policy, or it does not.
#
# Behaviour: the first rendering of an element writes a style attribute, which the policy refuses; every later one sets
#   properties, which it allows, the unchanged ones too. So an element has no style until something renders it a
#   second time: a page that renders often looks right, a row that is rendered once is not placed. The attribute shows the
#   right text all the time.
#
# Seen:
#   Chromium 156.0.8078.114
#   no policy, first rendering: left is "10px"
#   no policy, second rendering, same values: left is "10px"
#   default-src 'self', first rendering: left is "", the attribute says "left:10px;"
#   default-src 'self', second rendering, same values: left is "10px"
set -euo pipefail
chromium="$(command -v "${CHROMIUM:-chromium}")" || { echo 'Chromium is missing: set CHROMIUM' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund lit@3.3.3 playwright-core@1.65.1

cat >see.mjs <<'END'
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const policies = { '/none': null, '/strict': "default-src 'self'" };
const server = createServer((request, response) => {
  if (request.url in policies) {
    const policy = policies[request.url];
    if (policy) response.setHeader('content-security-policy', policy);
    return response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title><body></body>');
  }
  if (!request.url.startsWith('/lit-html/')) return response.writeHead(404).end();
  response.setHeader('content-type', 'text/javascript').end(readFileSync(`node_modules${request.url}`));
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
console.log('Chromium', browser.version());
let seen = '';
for (const [path, policy] of Object.entries(policies)) {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}${path}`);
  const lines = await page.evaluate(async () => {
    const { html, render } = await import('/lit-html/lit-html.js');
    const { styleMap } = await import('/lit-html/directives/style-map.js');
    const draw = () => {
      render(html`<div style=${styleMap({ left: '10px' })}>row</div>`, document.body);
      const element = document.querySelector('div');
      return [element.style.left, element.getAttribute('style')];
    };
    return [draw(), draw()];
  });
  for (const [n, [left, attribute]] of lines.entries()) {
    const which = n === 0 ? 'first rendering' : 'second rendering, same values';
    const says = left === '' ? `, the attribute says "${attribute}"` : '';
    console.log(`${policy ?? 'no policy'}, ${which}: left is "${left}"${says}`);
    seen += left === '' ? '-' : '+';
  }
}
await browser.close();
server.close();
if (seen !== '++-+') {
  console.error('Changed: styleMap() has its styles in the first rendering, or in none.');
  process.exit(1);
}
process.exit(0);
END
timeout 60 node see.mjs "$chromium"
