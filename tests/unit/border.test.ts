import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ABI_VERSION, Method } from '../../wasm/methods.ts';

const header = readFileSync('wasm/methods.h', 'utf8');

test('both sides of the border number the methods alike', () => {
  const there = [...header.matchAll(/k([A-Z]\w*) = (\d+),/g)].map(([, name, number]) => [
    `${name?.charAt(0).toLowerCase()}${name?.slice(1)}`,
    Number(number),
  ]);
  expect(Object.fromEntries(there)).toEqual(Method);
  expect(Number(/kAbiVersion = (\d+)/.exec(header)?.[1])).toBe(ABI_VERSION);
});

test('the documentation lists every method under its number', () => {
  const docs = readFileSync('docs/border.md', 'utf8');
  for (const [name, number] of Object.entries(Method)) {
    expect(docs).toMatch(new RegExp(`\\| ${number} ${name}\\b`));
  }
});
