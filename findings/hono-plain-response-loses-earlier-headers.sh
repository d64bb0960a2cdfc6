#!/usr/bin/env bash
# Versions: hono 4.13.19, Node 20.20.2.
#
# One would guess: a header that a middleware sets by c.header() is on the answer, whichever kind of Response the
#   handler returns; and the ready-made requestId() sets its header on every answer.
#
# Behaviour: what c.header() sets before next() is only remembered for c.text(), c.json() and their like. A
#   handler, notFound or onError that returns `new Response()` or Response.json() drops it without a word, and so the
#   id of requestId() is missing there. After next() c.header() works. It also works by accident, when any
#   middleware has read c.res on the way in: then the plain Response has the headers, so adding or removing an
#   unrelated middleware changes who has an id.
#
# Seen:
#   c.text()           c.header before next(): there | after: there | x-request-id: there
#   new Response()     c.header before next(): lost  | after: there | x-request-id: lost
#   Response.json()    c.header before next(): lost  | after: there | x-request-id: lost
#   plain notFound     c.header before next(): lost  | after: there | x-request-id: lost
#   plain onError      c.header before next(): lost  | after: there | x-request-id: lost
#   c.res was read     c.header before next(): there | after: there | x-request-id: there
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund hono@4.13.19

cat >see.mjs <<'END'
import { Hono } from 'hono';
import { requestId } from 'hono/request-id';

const app = new Hono();
app.use(requestId());
app.use(async (context, next) => {
  context.header('x-before', 'a');
  await next();
  context.header('x-after', 'a');
});
app.use('/read', async (context, next) => {
  void context.res;
  await next();
});
app.get('/text', (context) => context.text('a'));
app.get('/response', () => new Response('a'));
app.get('/json', () => Response.json('a'));
app.get('/throws', () => {
  throw new Error('a');
});
app.get('/read', () => new Response('a'));
app.notFound(() => new Response('a', { status: 404 }));
app.onError(() => new Response('a', { status: 500 }));

const titles = {
  '/text': 'c.text()', '/response': 'new Response()', '/json': 'Response.json()',
  '/none': 'plain notFound', '/throws': 'plain onError', '/read': 'c.res was read',
};
let seen = '';
for (const [path, title] of Object.entries(titles)) {
  const { headers } = await app.request(path);
  const has = (name) => (headers.has(name) ? 'there' : 'lost ');
  const all = ['x-before', 'x-after', 'x-request-id'].map(has);
  console.log(title.padEnd(18), `c.header before next(): ${all[0]} | after: ${all[1]} | x-request-id: ${all[2]}`);
  seen += all.map((text) => text[0]).join('');
}
if (seen !== 'tttltlltlltlltlttt') {
  console.error('Changed: plain Responses keep the headers of c.header(), or others lose them.');
  process.exit(1);
}
END
timeout 30 node see.mjs
