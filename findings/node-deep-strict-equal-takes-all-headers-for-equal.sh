#!/usr/bin/env bash
# Versions: Node 20.20.2; vitest 4.1.12 for comparison.
#
# One would guess: assert.deepStrictEqual() of two Headers, or of two URLSearchParams, compares what is in them, as of
#   two Maps, and as it compares two URLs. In doubt it throws.
#
# Behaviour: what these classes hold is private, so two of them are equal whatever is in them. A test
#   like assert.deepStrictEqual(request.headers, new Headers(…)) cannot fail. Compare [...headers]. toEqual() of
#   Vitest does see the difference.
#
# Seen:
#   Headers: assert EQUAL, vitest differ
#   URLSearchParams: assert EQUAL, vitest differ
#   URL: assert differ, vitest differ
#   Map: assert differ, vitest differ
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

const cases = {
  Headers: [new Headers({ a: '1' }), new Headers({ b: '2' })],
  URLSearchParams: [new URLSearchParams('a=1'), new URLSearchParams('b=2')],
  URL: [new URL('http://a/'), new URL('http://b/')],
  Map: [new Map([['a', '1']]), new Map([['b', '2']])],
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
  const lines = Object.entries(cases).map(([name, [a, b]]) => {
    const byAssert = outcome(() => assert.deepStrictEqual(a, b));
    return `${name}: assert ${byAssert}, vitest ${outcome(() => expect(a).toEqual(b))}`;
  });
  writeFileSync('seen.txt', `${lines.join('\n')}\n`);
});
END
timeout 60 npx vitest run >output.txt 2>&1 || { cat output.txt >&2; exit 1; }
cat seen.txt
if [ "$(grep -o 'EQUAL\|differ' seen.txt | cut -c1 | paste -sd '')" != 'EdEddddd' ]; then
  echo 'Changed: Node looks into Headers and URLSearchParams, or not into others.' >&2
  exit 1
fi
