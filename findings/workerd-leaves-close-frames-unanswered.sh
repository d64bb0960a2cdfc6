#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), ws 8.23.0, Node 20.20.2.
#
# One would guess: when a client closes its WebSocket, the runtime answers the close frame, as every other
#   runtime does (RFC 6455 5.5.1). A newer compatibility date, if anything, changes that for all sockets alike.
#
# Behaviour: a Worker that does not call close() itself in its close event never answers: the client stays in
#   CLOSING until its own timer ends it (30 s in `ws`), and reports 1006. From the compatibility date 2026-04-07
#   on the runtime answers for sockets of accept(), but still not for hibernating ones (acceptWebSocket).
#
# Seen:
#   2026-04-06 accepted    no answer in 3 s
#   2026-04-06 hibernating no answer in 3 s
#   2026-04-07 accepted    closed with 1000
#   2026-04-07 hibernating no answer in 3 s
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0 ws@8.23.0

cat >see.mjs <<'END'
import { once } from 'node:events';
import { Miniflare } from 'miniflare';
import WebSocket from 'ws';

const WAIT_MS = 3000;
const script = `
  import { DurableObject } from 'cloudflare:workers';
  export class Room extends DurableObject {
    fetch(request) {
      const [ours, theirs] = Object.values(new WebSocketPair());
      if (new URL(request.url).pathname === '/hibernating') this.ctx.acceptWebSocket(theirs);
      else theirs.accept();
      return new Response(null, { status: 101, webSocket: ours });
    }
    webSocketClose() {}
  }
  export default { fetch: (request, env) => env.ROOM.get(env.ROOM.idFromName('a')).fetch(request) };`;

async function tryClose(url, path) {
  const socket = new WebSocket(new URL(path, url).href.replace('http', 'ws'));
  await once(socket, 'open');
  const closed = new Promise((resolve) => socket.once('close', (code) => resolve(`closed with ${code}`)));
  socket.close(1000);
  const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS, `no answer in ${WAIT_MS / 1000} s`));
  const outcome = await Promise.race([closed, late]);
  socket.terminate();
  return outcome;
}

const seen = {};
for (const compatibilityDate of ['2026-04-06', '2026-04-07']) {
  const miniflare = new Miniflare({
    modules: true,
    script,
    compatibilityDate,
    durableObjects: { ROOM: { className: 'Room', useSQLite: true } },
    host: '127.0.0.1',
  });
  const url = await miniflare.ready;
  for (const path of ['/accepted', '/hibernating']) {
    const outcome = await tryClose(url, path);
    seen[`${compatibilityDate}${path}`] = outcome;
    console.log(compatibilityDate, path.slice(1).padEnd(11), outcome);
  }
  await miniflare.dispose();
}
const answered = Object.keys(seen).filter((name) => seen[name].startsWith('closed'));
if (answered.join() !== '2026-04-07/accepted') {
  console.error('Changed: other sockets get their answer: ' + answered.join(', '));
  process.exit(1);
}
END
timeout 90 node see.mjs
