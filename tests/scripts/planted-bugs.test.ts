import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every planted bug has exactly one place in the core', () => {
  const bugs: { bug: string; file: string; find: string; replace: string }[] = JSON.parse(
    readFileSync('tests/simulation/planted-bugs.json', 'utf8'),
  );
  const places = (file: string, text: string) => readFileSync(file, 'utf8').split(text).length - 1;
  const wrong = bugs.filter(({ file, find }) => places(file, find) !== 1).map(({ bug }) => bug);
  expect(bugs.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
  for (const { bug, find, replace } of bugs) expect(replace, bug).not.toBe(find);
});
