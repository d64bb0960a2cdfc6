#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), Node 20.20.2.
#
# One would guess: the SQLite API of a Durable Object, ctx.storage.sql.exec(query, ...bindings), binds 5 as an
#   integer, true as 1 and a BigInt as a 64-bit integer, as SQLite's bindings for JavaScript do, or refuses.
#
# Behaviour: every number is bound as REAL, also a whole one: 5/2 written into the query is 2, bound it is 2.5,
#   and a column without a declared type keeps 5.0. true is bound as the TEXT 'true', so `WHERE done = ?` with
#   true finds no row whose done is 1, without an error. A BigInt is refused. Columns declared INTEGER hide the
#   first of these by their affinity, expressions and untyped columns do not.
#
# Seen:
#   SELECT 5 / 2: 2
#   SELECT ? / 2, with 5: 2.5
#   typeof(?), with 5: real
#   typeof(?), with true: text
#   rows with done = 1: 1
#   rows with done = ?, with true: 0
#   types in a column without a type: integer,real
#   SELECT ?, with 5n: Cannot convert a BigInt value to a number
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
      const one = (query, ...bindings) => {
        try {
          return Object.values(sql.exec(query, ...bindings).one())[0];
        } catch (error) {
          return error.message;
        }
      };
      sql.exec('CREATE TABLE job (done INTEGER, untyped)');
      sql.exec('INSERT INTO job VALUES (1, 5)');
      sql.exec('INSERT INTO job VALUES (?, ?)', 0, 5);
      return Response.json({
        'SELECT 5 / 2': one('SELECT 5 / 2'),
        'SELECT ? / 2, with 5': one('SELECT ? / 2', 5),
        'typeof(?), with 5': one('SELECT typeof(?)', 5),
        'typeof(?), with true': one('SELECT typeof(?)', true),
        'rows with done = 1': one('SELECT count(*) FROM job WHERE done = 1'),
        'rows with done = ?, with true': one('SELECT count(*) FROM job WHERE done = ?', true),
        'types in a column without a type': one('SELECT group_concat(typeof(untyped)) FROM job'),
        'SELECT ?, with 5n': one('SELECT ?', 5n),
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
for (const [what, value] of Object.entries(seen)) console.log(`${what}:`, value);
await miniflare.dispose();
if (seen['typeof(?), with 5'] !== 'real' || seen['typeof(?), with true'] !== 'text') {
  console.error('Changed: whole numbers or booleans are bound by another type now.');
  process.exit(1);
}
END
timeout 60 node see.mjs
