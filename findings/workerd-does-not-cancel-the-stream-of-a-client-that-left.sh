#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), Node 20.20.2.
#
# One would guess: when a client closes the connection, cancel() of the ReadableStream that is the body is called,
#   as in Deno, Bun and Hono's server for Node. The places where the stream gives back what it holds are cancel() and
#   the end.
#
# Behaviour: workerd drops the stream. Nothing pulls any more, cancel() is never called, and request.signal says
#   nothing either (only with the compatibility flag enable_request_signal). workerd without miniflare does the
#   same. A writer of an IdentityTransformStream is told: its write rejects. So what has to be given back hangs on a
#   writer there.
#
# Seen:
#   ReadableStream: pulled before the client left: true, pulled after it: false, told: nothing
#   ReadableStream, enable_request_signal: pulled before the client left: true, pulled after it: false, told: signal
#   IdentityTransformStream: told: write rejected
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0

cat >see.mjs <<'END'
import { once } from 'node:events';
import { connect } from 'node:net';
import { Miniflare } from 'miniflare';

const script = `
  let told = [];
  let pulls = 0;
  export default {
    fetch(request, env, context) {
      const { pathname } = new URL(request.url);
      if (pathname === '/told') return Response.json({ told, pulls });
      told = [];
      pulls = 0;
      request.signal.addEventListener('abort', () => told.push('signal'));
      if (pathname === '/readable') {
        return new Response(new ReadableStream({
          async pull(controller) {
            pulls += 1;
            await scheduler.wait(50);
            controller.enqueue(new Uint8Array(10));
          },
          cancel() {
            told.push('cancel');
          },
        }));
      }
      const { readable, writable } = new IdentityTransformStream();
      const write = async () => {
        const writer = writable.getWriter();
        for (let n = 0; n < 100; n += 1) {
          await writer.write(new Uint8Array(10));
          await scheduler.wait(50);
        }
      };
      context.waitUntil(write().catch(() => told.push('write rejected')));
      return new Response(readable);
    },
  };`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function leave(path, compatibilityFlags) {
  const miniflare = new Miniflare({ modules: true, script, compatibilityDate: '2026-04-20', compatibilityFlags, host: '127.0.0.1' });
  const url = await miniflare.ready;
  const ask = async () => (await fetch(new URL('/told', url))).json();
  const socket = connect(Number(url.port), '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await once(socket, 'data');
  await pause(300);
  const before = (await ask()).pulls;
  socket.destroy();
  await pause(1000);
  const left = await ask();
  await pause(1000);
  const { told, pulls } = await ask();
  await miniflare.dispose();
  const pulled = `pulled before the client left: ${before > 1}, pulled after it: ${pulls > left.pulls}, `;
  return `${path === '/readable' ? pulled : ''}told: ${told.join(', ') || 'nothing'}`;
}
const readable = await leave('/readable', []);
console.log('ReadableStream:', readable);
const withFlag = await leave('/readable', ['enable_request_signal']);
console.log('ReadableStream, enable_request_signal:', withFlag);
const identity = await leave('/identity', []);
console.log('IdentityTransformStream:', identity);
const dropped = 'pulled before the client left: true, pulled after it: false, told:';
if (readable !== `${dropped} nothing` || withFlag !== `${dropped} signal` || identity !== 'told: write rejected') {
  console.error('Changed: another part of a Worker is told that the client left.');
  process.exit(1);
}
END
timeout 60 node see.mjs
