import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';

const folder = temporaryFolder();
let tarball: Buffer;

beforeAll(() => {
  const args = ['pack', '--silent', '--pack-destination', folder.path];
  const name = execFileSync('npm', args, { encoding: 'utf8' }).trim();
  tarball = readFileSync(join(folder.path, name));
});
afterAll(() => folder.remove());

test('publint finds nothing in the packed package', async () => {
  const { buffer, byteOffset, byteLength } = tarball;
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball: bytes } });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test('every file whose size has a limit is there', () => {
  const limits: { path: string | string[] }[] = JSON.parse(
    readFileSync('.size-limit.json', 'utf8'),
  );
  const files = limits.flatMap(({ path }) => path);
  expect(files.length).toBeGreaterThan(3);
  // size-limit itself takes a missing file for an empty one.
  for (const file of files) expect(statSync(file).size, file).toBeGreaterThan(0);
});

test('arethetypeswrong finds nothing for ES modules', async () => {
  const excludeEntrypoints = ['./worker.js', './core.wasm']; // files to be served, not modules
  const packed = createPackageFromTarballData(new Uint8Array(tarball));
  const result = await checkPackage(packed, { excludeEntrypoints });
  if (!result.types) throw new Error('the package has no types');
  // The package is ESM only: node10 and require() are not served.
  const problems = result.problems.filter(
    (problem) =>
      !('resolutionKind' in problem) ||
      problem.resolutionKind === 'bundler' ||
      problem.resolutionKind === 'node16-esm',
  );
  expect(problems.map(({ kind, ...rest }) => `${kind} ${JSON.stringify(rest)}`)).toEqual([]);
});
