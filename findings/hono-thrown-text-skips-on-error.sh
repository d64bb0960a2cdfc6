#!/usr/bin/env bash
# Versions: hono 4.13.19, @hono/node-server 2.1.9, Node 20.20.2.
#
# One would guess: app.onError() hears of everything that a handler throws or rejects with.
#
# Behaviour: only of instances of Error. Anything else (a text, a plain object; a DOMException counts as an Error)
#   goes past onError; the Node server answers 500 with an empty body, and nothing is logged anywhere.
#   app.request(), which tests use, rejects with the thrown value instead.
#
# Seen:
#   seen: error  500 "{\"detail\":\"an error\"}"
#   seen: dom    500 "{\"detail\":\"a DOMException\"}"
#   seen: text   500 ""
#   seen: object 500 ""
#   seen: app.request() of the text: rejected with "a text"
#   seen: onError heard an error, a DOMException | lines logged: 0
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund hono@4.13.19 @hono/node-server@2.1.9

cat >see.mjs <<'END'
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const logged = [];
for (const method of ['log', 'info', 'warn', 'error']) {
  const print = console[method];
  console[method] = (...args) => (args[0] === 'seen:' ? print(...args) : logged.push(args));
}
const app = new Hono();
const thrown = {
  error: new Error('an error'),
  dom: new DOMException('a DOMException', 'AbortError'),
  text: 'a text',
  object: { code: 'E_LIMIT', message: 'an object' },
};
const heard = [];
app.get('/:kind', async (context) => {
  throw thrown[context.req.param('kind')];
});
app.onError((error, context) => {
  heard.push(error.message);
  return context.json({ detail: error.message }, 500);
});

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
if (!server.listening) await once(server, 'listening');
for (const kind of Object.keys(thrown)) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/${kind}`);
  console.log('seen:', kind.padEnd(6), response.status, JSON.stringify(await response.text()));
}
const inTest = await app.request('/text').then(() => 'answered', (reason) => `rejected with ${JSON.stringify(reason)}`);
console.log('seen:', 'app.request() of the text:', inTest);
console.log('seen:', 'onError heard', heard.join(', '), '| lines logged:', logged.length);
server.close();
server.closeAllConnections();
if (heard.length !== 2 || logged.length !== 0 || inTest === 'answered') {
  console.error('seen:', 'Changed: thrown values that are no Error are handled or logged now.');
  process.exit(1);
}
END
timeout 30 node see.mjs
