import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const STATEMENTS = 92;

test('each of the 92 statements of protocol.md section 13 has exactly one test', () => {
  const folder = dirname(fileURLToPath(import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const numbers = [...text.matchAll(/^\s*test\(\s*'(\d+) · /gm)].map(([, number]) =>
    Number(number),
  );
  const expected = Array.from({ length: STATEMENTS }, (_, index) => index + 1);
  expect(numbers.sort((a, b) => a - b)).toEqual(expected);
  const section = readFileSync(join(folder, '../../../docs/protocol.md'), 'utf8')
    .split('\n## 13.')[1]
    ?.split('\n## ')[0];
  expect(section?.match(/^\d+\. /gm)).toHaveLength(STATEMENTS);
});
