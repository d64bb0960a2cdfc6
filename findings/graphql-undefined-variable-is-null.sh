#!/usr/bin/env bash
# Versions: graphql 16.15.0, Node 20.20.2.
#
# One would guess: a variable that is `undefined` is one that was not given, as over HTTP, where JSON.stringify()
#   leaves such members out. So `variableValues: { first: options.first }` brings the default when the option is
#   missing, as `undefined` in a field of an input object does.
#
# Behaviour: graphql() asks whether the object has the key. { first: undefined } is an explicit null: it replaces
#   the variable's default and the argument's default by null, and is refused where null is not allowed, though
#   the variable has a default. A test or a server-side call without HTTP sees another answer than a client with the
#   same values.
#
# Seen:
#   query($first: Int = 10), not given: {"first":10} | undefined: {"first":null} | over JSON: {"first":10}
#   query($first: Int), not given: {"first":50} | undefined: {"first":null} | over JSON: {"first":50}
#   query($first: Int! = 10), not given: {"first":10} | undefined: Variable "$first" got invalid value undefined; Expected non-nullable type "Int!" not to be null. | over JSON: {"first":10}
#   query($page: Page), page.first not given: {"page":{"first":50}} | undefined: {"page":{"first":50}} | over JSON: {"page":{"first":50}}
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund graphql@16.15.0

cat >see.mjs <<'END'
import { buildSchema, graphql } from 'graphql';

const schema = buildSchema(`
  input Page { first: Int = 50 }
  type Query {
    events(first: Int = 50): String
    pages(page: Page): String
  }
`);
const rootValue = { events: (args) => JSON.stringify(args), pages: (args) => JSON.stringify(args) };
async function ask(source, variableValues) {
  const { data, errors } = await graphql({ schema, source, rootValue, variableValues });
  return errors ? errors[0].message : Object.values(data)[0];
}
const events = (type) => [`query($first: ${type}) { events(first: $first) }`, {}, { first: undefined }];
const cases = {
  'query($first: Int = 10),': events('Int = 10'),
  'query($first: Int),': events('Int'),
  'query($first: Int! = 10),': events('Int! = 10'),
  'query($page: Page), page.first': ['query($page: Page) { pages(page: $page) }', { page: {} }, { page: { first: undefined } }],
};
let seen = '';
for (const [title, [source, without, withUndefined]] of Object.entries(cases)) {
  const missing = await ask(source, without);
  const undefinedThere = await ask(source, withUndefined);
  const overJson = await ask(source, JSON.parse(JSON.stringify(withUndefined)));
  console.log(`${title} not given: ${missing} | undefined: ${undefinedThere} | over JSON: ${overJson}`);
  seen += missing === overJson && missing === undefinedThere ? '=' : missing === overJson ? '!' : '?';
}
if (seen !== '!!!=') {
  console.error('Changed: a variable that is undefined counts as one that was not given, or input fields do not.');
  process.exit(1);
}
END
timeout 30 node see.mjs
