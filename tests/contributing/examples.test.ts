import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** One for both examples, and kept: what a patch did not touch is built already the next time. */
const TREE = resolve('build/contributing');
const PATCHES = ['tests/contributing/add-a-status.patch', 'tests/contributing/add-a-column.patch'];
const BUILD_MS = 20 * 60_000;

/** Brings the files of the checkout to the copy, with their times, so that what is the same is not built again. */
function copyTree(): void {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { encoding: 'utf8' }).split('\0').filter(Boolean);
  mkdirSync(TREE, { recursive: true });
  const list = join(TREE, '.files');
  writeFileSync(list, files.join('\n'));
  const copy = ['-c', '--ignore-failed-read', '-T', list, '--warning=no-failed-read'];
  const archive = execFileSync('tar', copy, {
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for (const folder of ['core', 'tests', 'wasm', 'worker', 'web']) {
    rmSync(join(TREE, folder), { recursive: true, force: true });
  }
  execFileSync('tar', ['-x', '-C', TREE], { input: archive });
  for (const [name, target] of [
    ['node_modules', resolve('node_modules')],
    ['.toolchain', realpathSync('.toolchain')],
  ] as const) {
    rmSync(join(TREE, name), { force: true });
    symlinkSync(target, join(TREE, name));
  }
}

const inTree = (command: string, ...args: string[]) =>
  execFileSync(command, args, {
    cwd: TREE,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a folder of a repository git apply would leave out what is not of that repository.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: resolve('build') },
  });

test(
  'the examples of CONTRIBUTING.md apply, are built, and pass their tests',
  () => {
    const page = readFileSync('CONTRIBUTING.md', 'utf8');
    copyTree();
    const tests: string[] = [];
    for (const patch of PATCHES) {
      expect(page).toContain(`(${patch})`);
      inTree('git', 'apply', resolve(patch));
      const test = /^\+\+\+ b\/(tests\/unit\/\w+_test\.cc)$/m.exec(
        readFileSync(patch, 'utf8'),
      )?.[1];
      tests.push(test as string);
    }
    inTree('cmake', '--preset', 'native-dev', `-DCUESHEET_UNIT_TESTS=${tests.join(';')}`);
    inTree('cmake', '--build', '--preset', 'native-dev', '--target', 'cuesheet_tests');
    expect(inTree('build/native-dev/tests/cuesheet_tests')).toContain('All tests passed');
    inTree('node_modules/.bin/tsc', '-p', 'tsconfig.json');
  },
  BUILD_MS,
);
