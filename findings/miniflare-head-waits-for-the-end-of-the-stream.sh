#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 with the workerd 1.20260426.1 that it brings, x86-64, Node 20.20.2.
#
# One would guess: miniflare is workerd with a convenient set-up, so what a client sees of a Worker is the same. The
#   answer to a HEAD leaves as soon as the Worker has returned its Response, as the body is not sent.
#
# Behaviour: workerd by itself does so. In miniflare, whose own Worker stands in front, the whole body is read and
#   thrown away first: a HEAD of a stream of two seconds takes two seconds, one of an event stream is never answered.
#   A test of HEAD in miniflare hangs where nothing is wrong, and a time limit that is met there says nothing.
#
# Seen:
#   miniflare: GET of a stream of 2 s: headers at once
#   miniflare: HEAD of a stream of 2 s: headers after about 2 s, the stream was read to its end
#   workerd: GET of a stream of 2 s: headers at once
#   workerd: HEAD of a stream of 2 s: headers at once
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0

cat >worker.js <<'END'
let isRead = false;
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/was-it-read') return new Response(String(isRead));
    isRead = false;
    let left = 20;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await scheduler.wait(100);
          controller.enqueue(new Uint8Array(10));
          left -= 1;
          if (left > 0) return;
          isRead = true;
          controller.close();
        },
      }),
    );
  },
};
END
cat >see.mjs <<'END'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { Miniflare } from 'miniflare';

async function isLate(url, method) {
  const begin = performance.now();
  const [response] = await once(request(new URL('/stream', url), { method, agent: false }).end(), 'response');
  const after = performance.now() - begin;
  response.destroy();
  return after > 1500;
}
async function look(name, url) {
  const ask = async () => (await fetch(new URL('/was-it-read', url))).text();
  for (let tries = 0; ; tries += 1) {
    if (await ask().catch(() => null)) break; // it is up, and warm
    if (tries === 50) throw new Error(`${name} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const seen = [];
  for (const method of ['GET', 'HEAD']) {
    const late = await isLate(url, method);
    const wasRead = late && (await ask()) === 'true';
    const when = late ? `after about 2 s${wasRead ? ', the stream was read to its end' : ''}` : 'at once';
    console.log(`${name}: ${method} of a stream of 2 s: headers ${when}`);
    seen.push(late);
  }
  return seen.join();
}
const compatibilityDate = '2026-04-20';
const script = readFileSync('worker.js', 'utf8');
const miniflare = new Miniflare({ modules: true, script, compatibilityDate, host: '127.0.0.1' });
const inMiniflare = await look('miniflare', await miniflare.ready);
await miniflare.dispose();

const free = createServer().listen(0, '127.0.0.1');
await once(free, 'listening');
const { port } = free.address();
free.close();
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
const binary = 'node_modules/@cloudflare/workerd-linux-64/bin/workerd';
const workerd = spawn(binary, ['serve', 'config.capnp'], { stdio: 'inherit' });
const inWorkerd = await look('workerd', `http://127.0.0.1:${port}`).finally(() => workerd.kill());
if (inMiniflare !== 'false,true' || inWorkerd !== 'false,false') {
  console.error('Changed: miniflare answers HEAD before the end of the body, or workerd does not.');
  process.exit(1);
}
END
timeout 60 node see.mjs
