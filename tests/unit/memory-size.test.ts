import { expect, test } from 'vitest';
import { budgetFor, memorySizeOf } from '../../worker/edge/memory-size.ts';
import { machineMemory } from '../../worker/edge/runtimes/machine-memory.ts';

const MIB = 2 ** 20;

test.each([
  ['64MiB', 64 * MIB],
  ['64MB', 64 * MIB],
  ['64m', 64 * MIB],
  ['1.5G', 1536 * MIB],
  ['4GiB', 4096 * MIB],
  ['67108864', 64 * MIB],
  ['40000K', 40_000 * 1024],
  ['31MiB', null],
  ['4097MiB', null],
  ['64 cats', null],
  ['', null],
  ['-64MiB', null],
  ['1e9', null],
])('%s is %s bytes', (text, bytes) => {
  expect(memorySizeOf(text)).toBe(bytes);
});

test('a budget leaves room for the runtime, and stays in its bounds', () => {
  expect(budgetFor(128 * MIB)).toBe(64 * MIB);
  expect(budgetFor(1024 * MIB)).toBe(640 * MIB);
  expect(budgetFor(2 ** 40)).toBe(4096 * MIB);
});

test('this machine has some memory, and not more than there is', () => {
  const bytes = machineMemory();
  expect(bytes).toBeGreaterThan(128 * MIB);
  expect(bytes).toBeLessThan(2 ** 50);
});
