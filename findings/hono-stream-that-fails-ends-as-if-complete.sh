#!/usr/bin/env bash
# Versions: hono 4.13.19, @hono/node-server 2.1.9, Node 20.20.2.
#
# One would guess: when the callback of stream(), streamText() or streamSSE() throws in the middle, the connection is
#   cut, so that the client can tell the part from the whole, as for `new Response(readable)` whose stream fails;
#   and app.onError() hears of it.
#
# Behaviour: the helpers print the error to the console and end the body properly: 200, the part that was written, the
#   last chunk. To the client an export of three lines of a thousand is complete. onError is not called.
#   stream.pipe() of a stream that fails does the same. The helpers' own third argument hears the error, but the
#   status is sent by then: lines need an end mark of their own, or the stream has to be a ReadableStream.
#
# Seen:
#   stream(): 200, complete, "one\n"
#   streamText(): 200, complete, "one\n"
#   streamSSE(): 200, complete, "data: one\n\n"
#   stream.pipe(): 200, complete, "one\n"
#   new Response(readable): 200, cut off
#   app.onError() was called: 0 times
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund hono@4.13.19 @hono/node-server@2.1.9

cat >see.mjs <<'END'
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { stream, streamSSE, streamText } from 'hono/streaming';

console.error = () => undefined; // where the helpers print the errors
const fail = async (stream) => {
  await stream.sleep(50);
  throw new Error('the disk is gone');
};
const failing = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('one\n'));
      setTimeout(() => controller.error(new Error('the disk is gone')), 50);
    },
  });
const handlers = {
  'stream()': (context) => stream(context, (stream) => stream.write('one\n').then(fail)),
  'streamText()': (context) => streamText(context, (stream) => stream.write('one\n').then(fail)),
  'streamSSE()': (context) => streamSSE(context, (stream) => stream.writeSSE({ data: 'one' }).then(() => fail(stream))),
  'stream.pipe()': (context) => stream(context, (stream) => stream.pipe(failing())),
  'new Response(readable)': () => new Response(failing()),
};
let errors = 0;
const app = new Hono();
app.get('/', (context) => handlers[context.req.query('which')](context));
app.onError((_, context) => {
  errors += 1;
  return context.text('error', 500);
});
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
if (!server.listening) await once(server, 'listening');
const ends = [];
for (const which of Object.keys(handlers)) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/?which=${which}`);
  const end = await response.text().then((text) => `complete, ${JSON.stringify(text)}`, () => 'cut off');
  console.log(`${which}: ${response.status}, ${end}`);
  ends.push(end.split(',')[0]);
}
console.log('app.onError() was called:', errors, 'times');
server.close();
server.closeAllConnections();
if (ends.join() !== 'complete,complete,complete,complete,cut off' || errors > 0) {
  console.log('Changed: a stream that fails is cut off, or onError hears of it.');
  process.exit(1);
}
END
timeout 30 node see.mjs
