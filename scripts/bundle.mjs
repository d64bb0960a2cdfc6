// A program of the tests in TypeScript, bundled to where it can be imported.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

/** Imports the module at `entry` by way of `build/NAME.mjs`. */
export async function importBundled(entry, name) {
  mkdirSync('build', { recursive: true });
  const outfile = resolve(`build/${name}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  return import(outfile);
}
