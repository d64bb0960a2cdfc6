#!/usr/bin/env bash
# Versions: hono 4.13.19; negotiator 1.0.0 (which Express uses) for comparison; Node 20.20.2.
#
# One would guess: accepts() weighs what the server supports as RFC 9110 12.5.1 says: "*/*" stands for every type
#   that is not named, q=0 excludes a type, and the language de-DE is served by "de".
#
# Behaviour: only types that the client names are looked at. "*/*" matches nothing, so a client that takes anything
#   rather than HTML gets HTML, and one that takes anything but JSON gets JSON, the `default`, which is answered
#   even when the client excludes it. A language has to be written as in `supports`: de-DE gets English. (At equal
#   weight the client's order decides, as in negotiator.)
#
# Seen:
#   Accept: */*, text/html;q=0.1: hono text/html, negotiator application/json
#   Accept: application/json;q=0, */*: hono application/json, negotiator text/html
#   Accept: text/html, application/json: hono text/html, negotiator text/html
#   Accept-Language: de-DE, fr;q=0.5: hono en, negotiator de
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund hono@4.13.19 negotiator@1.0.0

cat >see.mjs <<'END'
import { Hono } from 'hono';
import { accepts } from 'hono/accepts';
import Negotiator from 'negotiator';

const types = ['application/json', 'text/html'];
const languages = ['en', 'de'];
const app = new Hono();
app.get('/type', (context) => context.text(accepts(context, { header: 'Accept', supports: types, default: types[0] })));
app.get('/language', (context) =>
  context.text(accepts(context, { header: 'Accept-Language', supports: languages, default: languages[0] })),
);
const seen = [];
async function compare(path, name, value, choose) {
  const headers = { [name.toLowerCase()]: value };
  const byHono = await (await app.request(path, { headers })).text();
  const byNegotiator = choose(new Negotiator({ headers }));
  console.log(`${name}: ${value}: hono ${byHono}, negotiator ${byNegotiator}`);
  seen.push(byHono, byNegotiator);
}
for (const value of ['*/*, text/html;q=0.1', 'application/json;q=0, */*', 'text/html, application/json']) {
  await compare('/type', 'Accept', value, (negotiator) => negotiator.mediaType(types));
}
await compare('/language', 'Accept-Language', 'de-DE, fr;q=0.5', (negotiator) => negotiator.language(languages));
const [json, html] = types;
if (seen.join() !== [html, json, json, html, html, html, 'en', 'de'].join()) {
  console.error('Changed: accepts() weighs wildcards, excluded types or parts of languages otherwise.');
  process.exit(1);
}
END
timeout 30 node see.mjs
