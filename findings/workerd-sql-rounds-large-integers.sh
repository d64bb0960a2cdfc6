#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), Node 20.20.2.
#
# One would guess: an integer that JavaScript's numbers cannot hold comes out of ctx.storage.sql as a BigInt, or
#   the read fails.
#
# Behaviour: it is rounded without a word. Two rows whose keys differ in SQLite come out with one key. A query
#   by the number that was read finds another row than the one it was read from. Only CAST(… AS TEXT) is exact.
#
# Seen:
#   stored 9007199254740992 | read 9007199254740992 | even
#   stored 9007199254740993 | read 9007199254740992 | odd
#   type of what is read: number
#   the row found by the id that was read of 'odd': even
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0

cat >see.mjs <<'END'
import { Miniflare } from 'miniflare';

const script = `
  import { DurableObject } from 'cloudflare:workers';
  export class Store extends DurableObject {
    async fetch() {
      const { sql } = this.ctx.storage;
      sql.exec('CREATE TABLE event (id INTEGER PRIMARY KEY, name TEXT)');
      sql.exec("INSERT INTO event VALUES (9007199254740992, 'even'), (9007199254740993, 'odd')");
      const odd = sql.exec("SELECT id FROM event WHERE name = 'odd'").one().id;
      return Response.json({
        read: sql.exec('SELECT id, CAST(id AS TEXT) AS text, name FROM event').toArray(),
        type: typeof odd,
        byTheIdOfOdd: sql.exec('SELECT name FROM event WHERE id = ?', odd).one().name,
      });
    }
  }
  export default { fetch: (request, env) => env.STORE.get(env.STORE.idFromName('a')).fetch(request) };`;
const miniflare = new Miniflare({
  modules: true,
  script,
  compatibilityDate: '2026-04-20',
  durableObjects: { STORE: { className: 'Store', useSQLite: true } },
  host: '127.0.0.1',
});
const seen = await (await miniflare.dispatchFetch('http://store/')).json();
for (const row of seen.read) console.log('stored', row.text, '| read', row.id, '|', row.name);
console.log('type of what is read:', seen.type);
console.log("the row found by the id that was read of 'odd':", seen.byTheIdOfOdd);
await miniflare.dispose();
if (new Set(seen.read.map((row) => row.id)).size !== 1 || seen.byTheIdOfOdd !== 'even') {
  console.error('Changed: integers beyond 2^53 are not rounded any more.');
  process.exit(1);
}
END
timeout 60 node see.mjs
