#!/usr/bin/env bash
# Versions: hono 4.13.19, Node 20.20.2.
#
# One would guess: bodyLimit() answers 413, timeout() 504 and bearerAuth() 401, whatever the app does with errors.
#   An app.onError() that logs and answers 500 is for what goes wrong in handlers.
#
# Behaviour: these middlewares throw, and onError is where their answers are made. A handler like
#   `(error, c) => c.json({ detail: error.message }, 500)` turns a client's 413 or 401 into a 500. The status is
#   at error.status, the answer in error.getResponse(); the message is empty for two of the three.
#
# Seen:
#   bodyLimit(): without onError 413, with it 500 {"detail":""}
#   timeout(): without onError 504, with it 500 {"detail":"Gateway Timeout"}
#   bearerAuth(): without onError 401, with it 500 {"detail":""}
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund hono@4.13.19

cat >see.mjs <<'END'
import { Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { bodyLimit } from 'hono/body-limit';
import { timeout } from 'hono/timeout';

function appWith(onError) {
  const app = new Hono();
  if (onError) app.onError(onError);
  app.post('/upload', bodyLimit({ maxSize: 10 }), async (c) => c.text(await c.req.text()));
  app.get('/slow', timeout(50), () => new Promise((resolve) => setTimeout(resolve, 200, new Response('late'))));
  app.get('/private', bearerAuth({ token: 'secret' }), (c) => c.text('in'));
  return app;
}
const plain = appWith(null);
const logging = appWith((error, c) => c.json({ detail: error.message }, 500));
const requests = {
  'bodyLimit()': ['/upload', { method: 'POST', body: 'x'.repeat(20), headers: { 'content-length': '20' } }],
  'timeout()': ['/slow'],
  'bearerAuth()': ['/private'],
};
const seen = [];
for (const [name, [path, init]] of Object.entries(requests)) {
  const own = await plain.request(path, init);
  const replaced = await logging.request(path, init);
  seen.push(`${own.status} ${replaced.status}`);
  console.log(`${name}: without onError ${own.status}, with it ${replaced.status} ${await replaced.text()}`);
}
if (seen.join() !== '413 500,504 500,401 500') {
  console.error('Changed: a middleware answers by itself.');
  process.exit(1);
}
END
timeout 20 node see.mjs
