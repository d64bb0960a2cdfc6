#!/usr/bin/env bash
# Versions: workerd 1.20260426.1 (as miniflare 4.20260426.0 brings it), x86-64; @hono/node-server 2.1.9 on
#   Node 20.20.2 for comparison.
#
# One would guess: when the stream that is the body of a Response fails in the middle, the chunked answer is cut off
#   without its last chunk, so that the client sees an error, as with servers on Node, Deno and Bun.
#
# Behaviour: workerd logs the error and sends the last chunk: the client has 200 and a complete, shorter body, of a
#   ReadableStream as of an aborted IdentityTransformStream. In miniflare, whose own Worker stands in front, the
#   part that was written is missing too: 200 and an empty body. Nothing but an end mark in the body itself tells a
#   part from the whole. (This is workerd as self-hosters run it; at Cloudflare another server stands in front.)
#
# Seen:
#   Node, ReadableStream: cut off
#   workerd, ReadableStream: 200, complete, "one\n"
#   workerd, IdentityTransformStream: 200, complete, "one\n"
#   miniflare, ReadableStream: 200, complete, ""
#   miniflare, IdentityTransformStream: 200, complete, ""
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0 @hono/node-server@2.1.9

cat >worker.js <<'END'
const line = new TextEncoder().encode('one\n');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/up') return new Response('up');
    if (pathname === '/ReadableStream') {
      const readable = new ReadableStream({
        async start(controller) {
          controller.enqueue(line);
          await pause(50);
          controller.error(new Error('the disk is gone'));
        },
      });
      return new Response(readable);
    }
    const { readable, writable } = new IdentityTransformStream();
    const write = async () => {
      const writer = writable.getWriter();
      await writer.write(line);
      await pause(50);
      await writer.abort(new Error('the disk is gone'));
    };
    void write();
    return new Response(readable);
  },
};
END
cat >see.mjs <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { serve } from '@hono/node-server';
import { Miniflare } from 'miniflare';
import worker from './worker.js';

console.error = () => undefined; // where the Node server prints the error
const seen = [];
async function look(name, url, kinds) {
  for (let tries = 0; tries < 50; tries += 1) {
    if (await fetch(new URL('/up', url)).then((response) => response.text()).catch(() => null)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const kind of kinds) {
    const response = await fetch(new URL(`/${kind}`, url));
    const complete = (text) => `${response.status}, complete, ${JSON.stringify(text)}`;
    const end = await response.text().then(complete, () => 'cut off');
    console.log(`${name}, ${kind}: ${end}`);
    seen.push(end);
  }
}
const server = serve({ fetch: worker.fetch, port: 0, hostname: '127.0.0.1' });
if (!server.listening) await once(server, 'listening');
await look('Node', `http://127.0.0.1:${server.address().port}/`, ['ReadableStream']);
server.close();
server.closeAllConnections();

const free = createServer().listen(0, '127.0.0.1');
await once(free, 'listening');
const { port } = free.address();
free.close();
const compatibilityDate = '2026-04-20';
writeFileSync('config.capnp', `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
);
`);
const both = ['ReadableStream', 'IdentityTransformStream'];
const binary = 'node_modules/@cloudflare/workerd-linux-64/bin/workerd';
const workerd = spawn(binary, ['serve', 'config.capnp'], { stdio: 'ignore' });
await look('workerd', `http://127.0.0.1:${port}`, both).finally(() => workerd.kill());

const miniflare = new Miniflare({
  modules: true,
  script: readFileSync('worker.js', 'utf8'),
  compatibilityDate,
  host: '127.0.0.1',
  handleRuntimeStdio: (stdout, stderr) => [stdout, stderr].forEach((stream) => stream.resume()),
});
await look('miniflare', await miniflare.ready, both);
await miniflare.dispose();
const part = '200, complete, "one\\n"';
const empty = '200, complete, ""';
if (seen.join('|') !== ['cut off', part, part, empty, empty].join('|')) {
  console.log('Changed: workerd cuts the answer off, or miniflare passes the part on.');
  process.exit(1);
}
END
timeout 60 node see.mjs
