import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { BUN, DENO } from '../edge/runtimes.ts';
import { buildContract, CONTRACT_MODULE } from './build.ts';

const LAB = 'build/folder-lab.mjs';

beforeAll(() => {
  buildContract();
  buildSync({
    entryPoints: ['tests/env/folder-lab.ts'],
    outfile: LAB,
    bundle: true,
    format: 'esm',
    platform: 'node',
    sourcemap: 'inline',
  });
}, 600_000);

test.each([
  ['Node', [process.execPath]],
  ['Deno', DENO],
  ['Bun', BUN],
])("files in a folder keep the contract of the core's Env on %s", (_name, [command, ...args]) => {
  const folder = temporaryFolder();
  const run = [...args, LAB, resolve(CONTRACT_MODULE), folder.path];
  const output = execFileSync(command as string, run, { encoding: 'utf8', timeout: 60_000 });
  const { stages, wrong } = JSON.parse(output);
  expect(wrong).toEqual([]);
  expect(stages).toBeGreaterThan(10);
  folder.remove();
});
