import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ABI_VERSION, Method } from '../../wasm/methods.ts';
import { CORE_PARTS, CORE_ROUTES } from '../../worker/edge/route-table.ts';

const header = readFileSync('wasm/methods.h', 'utf8');

test('both sides of the border number the methods alike', () => {
  const there = [...header.matchAll(/k([A-Z]\w*) = (\d+),/g)].map(([, name, number]) => [
    `${name?.charAt(0).toLowerCase()}${name?.slice(1)}`,
    Number(number),
  ]);
  expect(Object.fromEntries(there)).toEqual(Method);
  expect(Number(/kAbiVersion = (\d+)/.exec(header)?.[1])).toBe(ABI_VERSION);
});

test('both sides of the border have the same operations of a hub, as the documentation lists them', () => {
  const table = readFileSync('core/hub/operations.h', 'utf8');
  const there = [...table.matchAll(/\{HubOperation::\w+, "(.+?)", "(.+?)", "(.+?)", /g)].map(
    ([, name, method, path]) => [name, { method, path }],
  );
  const operations = { ...CORE_ROUTES, ...CORE_PARTS };
  const here = Object.entries(operations).map(([name, { method, path }]) => [
    name,
    { method, path },
  ]);
  expect(Object.fromEntries(there)).toEqual(Object.fromEntries(here));
  expect(there).toHaveLength(here.length);
  const docs = readFileSync('docs/border.md', 'utf8');
  const listed = /`operation` is one of `([^`]+)`/.exec(docs)?.[1]?.split(/\s+/);
  expect(listed?.sort()).toEqual(Object.keys(operations).sort());
});

test('the documentation lists every method under its number', () => {
  const docs = readFileSync('docs/border.md', 'utf8');
  for (const [name, number] of Object.entries(Method)) {
    expect(docs).toMatch(new RegExp(`\\| ${number} ${name}\\b`));
  }
});
