#!/usr/bin/env bash
# Versions: miniflare 4.20260426.0 (workerd 1.20260426.1), Node 20.20.2.
#
# One would guess: ctx.storage.sql.exec() has carried a statement out when it returns, as it has an INSERT without
#   RETURNING. Whether its rows are read is the caller's affair: of a SELECT one may read the first row and go on.
#
# Behaviour: an INSERT … RETURNING whose cursor is not read to its end stays open, and the commit fails on it: the
#   request fails with "internal error; reference = …", the object is started anew, and every write of that turn is
#   gone, also those of other statements, although a SELECT in the same turn still showed them. toArray(), one() or
#   a loop to the end help. A SELECT that is left open does no harm.
#
# Seen:
#   INSERT RETURNING, not read: 2 rows in the same turn | internal error | 0 rows afterwards
#   INSERT RETURNING, first of two: 3 rows in the same turn | internal error | 0 rows afterwards
#   INSERT RETURNING, one(): 2 rows in the same turn | answered | 2 rows afterwards
#   INSERT, SELECT, first of two: 2 rows in the same turn | answered | 2 rows afterwards
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund miniflare@4.20260426.0

cat >see.mjs <<'END'
import { Log, LogLevel, Miniflare } from 'miniflare';

const script = `
  import { DurableObject } from 'cloudflare:workers';
  const writes = {
    'INSERT RETURNING, not read': (sql) => sql.exec("INSERT INTO item (name) VALUES ('b') RETURNING id"),
    'INSERT RETURNING, first of two': (sql) => sql.exec("INSERT INTO item (name) VALUES ('b'), ('c') RETURNING id").next().value,
    'INSERT RETURNING, one()': (sql) => sql.exec("INSERT INTO item (name) VALUES ('b') RETURNING id").one(),
    'INSERT, SELECT, first of two': (sql) => {
      sql.exec("INSERT INTO item (name) VALUES ('b')");
      return sql.exec('SELECT id FROM item').next().value;
    },
  };
  let inTurn = 0;
  export class Items extends DurableObject {
    async write(title) {
      const { sql } = this.ctx.storage;
      sql.exec("INSERT INTO item (name) VALUES ('a')");
      writes[title](sql);
      inTurn = this.count();
    }
    async open() {
      this.ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT)');
    }
    count() {
      return this.ctx.storage.sql.exec('SELECT count(*) AS rows FROM item').one().rows;
    }
  }
  export default {
    async fetch(request, env) {
      const lines = [];
      for (const title of Object.keys(writes)) {
        const stub = () => env.ITEMS.get(env.ITEMS.idFromName(title));
        await stub().open();
        const outcome = await stub().write(title).then(() => 'answered', ({ message }) => message.split(';')[0]);
        lines.push([title, inTurn, outcome, await stub().count()]);
      }
      return Response.json(lines);
    },
  };`;
const miniflare = new Miniflare({
  modules: true,
  script,
  compatibilityDate: '2026-04-20',
  host: '127.0.0.1',
  durableObjects: { ITEMS: { className: 'Items', useSQLite: true } },
  log: new Log(LogLevel.NONE),
  handleRuntimeStdio: (stdout, stderr) => [stdout, stderr].forEach((stream) => stream.resume()),
});
const lines = await (await fetch(await miniflare.ready)).json();
await miniflare.dispose();
for (const [title, inTurn, outcome, after] of lines) {
  console.log(`${title}: ${inTurn} rows in the same turn | ${outcome} | ${after} rows afterwards`);
}
const kept = '2,answered,2';
if (lines.map(([, ...seen]) => seen.join()).join('|') !== ['2,internal error,0', '3,internal error,0', kept, kept].join('|')) {
  console.error('Changed: a RETURNING that is not read to its end loses no write, or others do.');
  process.exit(1);
}
END
timeout 60 node see.mjs
