#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), Node 20.20.2.
#
# One would guess: a Worker whose configuration binds a Durable Object class that the script does not export fails at its
#   start, with a sentence that names the class, as a missing wasm module or a syntax error does.
#
# Behaviour: the start succeeds; workerd writes a warning to stderr. Requests that do not touch the object are answered, and the
#   first one that does gets an error from inside the script's own call of fetch(). A typing error in a class name, or a
#   forgotten `export`, passes every test of start and health.
#
# Seen:
#   ready, GET /health: 200
#   GET /object: Error: internal error; reference = (an id)
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund miniflare@4.20260426.0
cat >see.js <<'END'
import { Miniflare } from 'miniflare';
const script = `export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === '/health') return new Response('ok');
    try {
      const answer = await env.ROOM.get(env.ROOM.idFromName('a')).fetch('http://object/');
      return new Response('answered ' + answer.status);
    } catch (error) {
      return new Response(String(error));
    }
  },
};`;
const miniflare = new Miniflare({
  modules: true,
  script,
  compatibilityDate: '2026-04-01',
  durableObjects: { ROOM: 'Room' },
});
const url = await miniflare.ready;
const health = await fetch(new URL('/health', url));
const object = await (await fetch(new URL('/object', url))).text();
console.log(`ready, GET /health: ${health.status}`);
console.log(`GET /object: ${object.replace(/= \w+/, '= (an id)')}`);
await miniflare.dispose();
process.exit(health.status === 200 && !object.startsWith('answered 2') ? 0 : 1);
END
timeout 60 node see.js 2>stderr.txt || { cat stderr.txt; exit 1; }
grep -q 'no such Durable Object class' stderr.txt || { echo "Changed: no warning"; cat stderr.txt; exit 1; }
