#!/usr/bin/env bash
# Versions: graphql 16.15.0, Node 20.20.2.
#
# One would guess: whether a variable may be used in @skip or @include is known before anything is resolved. A query that
#   passes validation and whose variables are accepted either works with a variable or does not, whatever the data are.
#
# Behaviour: a nullable variable with a default passes validation at `if: Boolean!`, and an explicit null replaces the
#   default. The directive is looked at only where its selection set is executed. So the same request with the same
#   variables succeeds while a list is empty, and is an error that takes all of `data` away as soon as the list has an
#   item. A directive at the root is an error always. A client that sends null for "no" passes its tests on an empty
#   database.
#
# Seen:
#   validation errors: 0
#   in the items, 0 of them: {"data":{"list":[]}}
#   in the items, 1 of them: {"data":null} Argument "if" of non-null type "Boolean!" must not be null. at list.0
#   at the root, 0 items: {"data":null} Argument "if" of non-null type "Boolean!" must not be null. at undefined
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund graphql@16.15.0

cat >see.mjs <<'END'
import { buildSchema, graphql, parse, validate } from 'graphql';

const schema = buildSchema(`
  type Query { list(count: Int!): [Item!]! }
  type Item { id: ID! name: String! }
`);
const rootValue = {
  list: ({ count }) => Array.from({ length: count }, (_, id) => ({ id, name: 'x' })),
};
const head = 'query ($count: Int!, $no: Boolean = false)';
const inItems = `${head} { list(count: $count) { id name @skip(if: $no) } }`;
const atRoot = `${head} { list(count: $count) @skip(if: $no) { id } }`;

const invalid = [inItems, atRoot].flatMap((source) => validate(schema, parse(source)));
console.log(`validation errors: ${invalid.length}`);
async function ask(title, source, count) {
  const variableValues = { count, no: null };
  const { data, errors } = await graphql({ schema, source, rootValue, variableValues });
  const [error] = errors ?? [];
  const why = error ? ` ${error.message} at ${error.path?.join('.')}` : '';
  console.log(`${title}: ${JSON.stringify({ data })}${why}`);
  return errors === undefined;
}
const seen = [
  await ask('in the items, 0 of them', inItems, 0),
  await ask('in the items, 1 of them', inItems, 1),
  await ask('at the root, 0 items', atRoot, 0),
].join(' ');
if (invalid.length > 0 || seen !== 'true false false') {
  console.error('Changed: null for @skip is refused before, or does not depend on the data any more.');
  process.exit(1);
}
END
timeout 30 node see.mjs
