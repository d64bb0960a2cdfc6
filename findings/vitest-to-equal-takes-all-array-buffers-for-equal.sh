#!/usr/bin/env bash
# Versions: vitest 4.1.12, Node 20.20.2.
#
# One would guess: expect(a).toEqual(b) compares the bytes of two ArrayBuffers, as it does of two Uint8Arrays. The
#   stricter toStrictEqual() differs in what it says of undefined members, holes and classes.
#
# Behaviour: to toEqual() all ArrayBuffers are equal, whatever their bytes and their lengths; so are DataViews.
#   `expect(await response.arrayBuffer()).toEqual(expected)` cannot fail, nor can a comparison of records that hold
#   one. toStrictEqual() compares the bytes, and so does Node's assert.
#
# Seen:
#   Uint8Array of 1 and of 2: toEqual differ, toStrictEqual differ, assert differ
#   ArrayBuffer of 1 and of 2: toEqual EQUAL, toStrictEqual differ, assert differ
#   ArrayBuffer of 1 byte and of 9: toEqual EQUAL, toStrictEqual differ, assert differ
#   DataView of 1 and of 2: toEqual EQUAL, toStrictEqual differ, assert differ
#   record of an ArrayBuffer: toEqual EQUAL, toStrictEqual differ, assert differ
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund vitest@4.1.12

cat >see.test.js <<'END'
import assert from 'node:assert';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const bytes = (...values) => new Uint8Array(values);
const cases = {
  'Uint8Array of 1 and of 2': [bytes(1), bytes(2)],
  'ArrayBuffer of 1 and of 2': [bytes(1).buffer, bytes(2).buffer],
  'ArrayBuffer of 1 byte and of 9': [bytes(1).buffer, new ArrayBuffer(9)],
  'DataView of 1 and of 2': [new DataView(bytes(1).buffer), new DataView(bytes(2).buffer)],
  'record of an ArrayBuffer': [{ body: bytes(1).buffer }, { body: bytes(2).buffer }],
};
const outcome = (compare) => {
  try {
    compare();
    return 'EQUAL';
  } catch {
    return 'differ';
  }
};
test('what is equal', () => {
  const lines = Object.entries(cases).map(([title, [a, b]]) => {
    const equal = outcome(() => expect(a).toEqual(b));
    const strict = outcome(() => expect(a).toStrictEqual(b));
    return `${title}: toEqual ${equal}, toStrictEqual ${strict}, assert ${outcome(() => assert.deepStrictEqual(a, b))}`;
  });
  writeFileSync('seen.txt', `${lines.join('\n')}\n`);
});
END
timeout 60 npx vitest run >output.txt 2>&1 || { cat output.txt >&2; exit 1; }
cat seen.txt
if [ "$(grep -o 'EQUAL\|differ' seen.txt | cut -c1 | paste -sd '')" != 'dddEddEddEddEdd' ]; then
  echo 'Changed: toEqual() looks into ArrayBuffers, or the others do not.' >&2
  exit 1
fi
