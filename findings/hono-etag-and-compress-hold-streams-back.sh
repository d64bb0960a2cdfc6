#!/usr/bin/env bash
# Versions: hono 4.13.19, @hono/node-server 2.1.9, Node 20.20.2.
#
# One would guess: app.use(etag()) and app.use(compress()) let a stream through as it comes. A tag of a body that is
#   not known yet cannot be sent, so etag() leaves streams alone, above all streamSSE(); and a line that is written
#   comes out of the compressor soon.
#
# Behaviour: etag() reads the whole body first, of event streams too. Not even the status leaves before the stream's
#   end: never, for events without an end. compress() leaves event streams and streamText() alone, but stream() with
#   a type such as application/json goes through a CompressionStream, which has no flush: every line comes at the
#   end.
#
# Seen (ten lines, one each 100 ms; the first line that a client has read):
#   without middleware, stream() of JSON   status at once,   first line at once
#   without middleware, streamSSE()        status at once,   first line at once
#   etag(),             stream() of JSON   status at the end, first line at the end
#   etag(),             streamSSE()        status at the end, first line at the end
#   compress(),         stream() of JSON   status at once,   first line at the end
#   compress(),         streamSSE()        status at once,   first line at once
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund hono@4.13.19 @hono/node-server@2.1.9

cat >see.mjs <<'END'
import { once } from 'node:events';
import { request } from 'node:http';
import { createGunzip } from 'node:zlib';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import { stream, streamSSE } from 'hono/streaming';

const LINES = 10;
const EVERY_MS = 100;
async function write(stream, line) {
  for (let n = 0; n < LINES; n += 1) {
    await line(n);
    await stream.sleep(EVERY_MS);
  }
}
const app = new Hono();
app.use('/etag/*', etag());
app.use('/compress/*', compress());
app.get('/:middleware/json', (context) => {
  context.header('content-type', 'application/json');
  return stream(context, (stream) => write(stream, (n) => stream.write(`{"n":${n}}\n`)));
});
app.get('/:middleware/events', (context) =>
  streamSSE(context, (stream) => write(stream, (n) => stream.writeSSE({ data: String(n) }))),
);
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
if (!server.listening) await once(server, 'listening');

const name = (ms) => (ms < (LINES * EVERY_MS) / 2 ? 'at once' : 'at the end');
async function ask(path) {
  const begin = performance.now();
  const headers = { 'accept-encoding': 'gzip' };
  const [response] = await once(request({ port: server.address().port, host: '127.0.0.1', path, headers }).end(), 'response');
  const status = name(performance.now() - begin);
  const body = response.headers['content-encoding'] ? response.pipe(createGunzip()) : response;
  const first = once(body, 'data').then(() => name(performance.now() - begin));
  await once(body, 'end');
  return [status, await first];
}
const seen = [];
for (const middleware of ['no', 'etag', 'compress']) {
  for (const kind of ['json', 'events']) {
    const [status, first] = await ask(`/${middleware}/${kind}`);
    const title = middleware === 'no' ? 'without middleware,' : `${middleware}(),`;
    const what = kind === 'json' ? 'stream() of JSON' : 'streamSSE()';
    console.log(title.padEnd(19), what.padEnd(18), `status ${status},`.padEnd(18), `first line ${first}`);
    seen.push(status, first);
  }
}
server.close();
server.closeAllConnections();
const [now, end] = ['at once', 'at the end'];
if (seen.join() !== [now, now, now, now, end, end, end, end, now, end, now, now].join()) {
  console.error('Changed: etag() or compress() holds other streams back, or none.');
  process.exit(1);
}
END
timeout 60 node see.mjs
